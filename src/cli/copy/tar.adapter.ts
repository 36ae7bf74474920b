import type { Readable, Writable } from 'node:stream';
import { toBangerError } from '../../core/errors/index.js';
import { MissingProgramError } from '../io/missing-program-error.js';

const TAIL_CHARACTERS = 4096;

interface TarChild {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly ended: Promise<{ exitCode: number | null; stderrTail: string }>;
  kill(): void;
}

/** GNU tar, with nothing of the caller's environment that could change what it does. */
export function runTar(args: readonly string[], env: Readonly<Record<string, string | undefined>>): TarChild {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('tar', args, {
    stdio: 'pipe',
    env: { PATH: env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    // Ctrl-C is for banger to act on
    detached: true,
  });
  let stderrTail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderrTail = (stderrTail + text).slice(-TAIL_CHARACTERS);
  });
  // tar that ends early says why on its stderr
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ exitCode: number | null; stderrTail: string }>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new MissingProgramError('tar') : toBangerError(error)),
    );
    child.once('close', (exitCode) => resolve({ exitCode, stderrTail }));
  });
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => void child.kill('SIGKILL') };
}
