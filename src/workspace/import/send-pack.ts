import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cancellation } from '../../core/errors/index.js';
import { openChannel, quoteShellWord } from '../../core/ssh/index.js';
import type { SshChannel, SshConnection, SshExit } from '../../core/ssh/index.js';
import type { ImportProgress } from '../../vm/index.js';
import { splitStep } from '../guest/step-prefix.js';

const STDERR_TAIL_BYTES = 8 * 1024;
/** of what a script has to say */
const STDOUT_BYTES = 64 * 1024;
/** `ms` between remarks */
const PROGRESS_INTERVAL_MS = 250;

export interface GuestOutcome {
  readonly exit: SshExit;
  /** step of the script that failed */
  readonly step: string;
  readonly stderrTail: string;
  /** the first of it */
  readonly stdout: string;
}

export interface Cargo {
  readonly script: string;
  /** destroyed afterwards, whatever happens */
  readonly stream: Readable;
  readonly bytes: number;
}

/** Runs the script in the guest with the pack on its stdin. The guest's own failure is an outcome, not an exception. */
export async function sendPack(
  ssh: SshConnection,
  cargo: Cargo,
  progress: ImportProgress,
  signal: AbortSignal,
): Promise<GuestOutcome> {
  try {
    const command = { line: `exec sh -c ${quoteShellWord(cargo.script)}` };
    const channel = await openChannel(ssh, command, signal, () =>
      cancellation(signal, 'sending the repository'),
    );
    return await feed(channel, cargo, progress, signal);
  } finally {
    cargo.stream.destroy();
  }
}

async function feed(
  channel: SshChannel,
  cargo: Cargo,
  progress: ImportProgress,
  signal: AbortSignal,
): Promise<GuestOutcome> {
  const abort = (): void => channel.close();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  let stderr = '';
  let stdout = '';
  channel.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < STDOUT_BYTES) stdout += chunk.toString('utf8');
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_TAIL_BYTES);
  });
  try {
    // A script that ends early says why itself; what could not be sent to it is no failure of its own.
    const sent = pipeline(cargo.stream, counter(cargo.bytes, progress), channel.stdin).catch(() => undefined);
    const exit = await channel.exited;
    await sent;
    return { exit, stdout: stdout.slice(0, STDOUT_BYTES), ...splitStep(stderr) };
  } finally {
    signal.removeEventListener('abort', abort);
    channel.close();
  }
}

function counter(total: number, progress: ImportProgress): Transform {
  let sent = 0;
  let shownAt = 0;
  return new Transform({
    highWaterMark: 262_144,
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      const now = performance.now();
      if (now - shownAt >= PROGRESS_INTERVAL_MS) {
        shownAt = now;
        progress.detail(`${mebibytes(sent)} of ${mebibytes(total)} MiB`, Math.min(1, sent / total));
      }
      done(null, chunk);
    },
    flush(done) {
      progress.detail('checking out', 1);
      done();
    },
  });
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
