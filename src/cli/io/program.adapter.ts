import { accessSync, constants } from 'node:fs';
import { InternalError, toBangerError } from '../../core/errors/index.js';
import type { ProcessFacts } from '../invocation.js';
import { MissingProgramError } from './missing-program-error.js';
import { Program } from './program.js';

const TAIL_CHARACTERS = 4096;

/** Programs as child processes, or in this process's place. */
export class ProgramAdapter extends Program {
  constructor(private readonly facts: ProcessFacts) {
    super();
  }

  override async become(file: string, args: readonly string[]): Promise<never> {
    const path = this.find(file);
    if (path === undefined) throw new MissingProgramError(file);
    // execve, so that the terminal, the signals and the exit status are the program's own
    process.execve?.(path, [file, ...args], definedOnly(this.facts.env));
    throw new InternalError(`${path} could not be executed`);
  }

  override async runKeepingTail(
    file: string,
    args: readonly string[],
  ): Promise<{ exitCode: number; tail: string }> {
    const { spawn } = process.getBuiltinModule('node:child_process');
    return await new Promise((resolve, reject) => {
      const child = spawn(file, args, { stdio: ['inherit', 'pipe', 'pipe'], env: this.facts.env });
      let tail = '';
      const keep = (text: string): void => {
        tail = (tail + text).slice(-TAIL_CHARACTERS);
      };
      child.stdout.setEncoding('utf8').on('data', keep);
      child.stderr.setEncoding('utf8').on('data', keep);
      child.once('error', (error) => {
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        reject(missing ? new MissingProgramError(file) : toBangerError(error));
      });
      child.once('close', (code) => resolve({ exitCode: code ?? 1, tail }));
    });
  }

  override find(name: string): string | undefined {
    for (const directory of (this.facts.env['PATH'] ?? '/usr/bin:/bin').split(':')) {
      const path = `${directory === '' ? '.' : directory}/${name}`;
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // next directory
      }
    }
    return undefined;
  }
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
