import type { Readable } from 'node:stream';
import { cancellation } from '../../core/errors/index.js';
import { openChannel } from '../../core/ssh/index.js';
import type { SshConnection } from '../../core/ssh/index.js';

const MAX_STDOUT_BYTES = 65_536;
const STDERR_TAIL_BYTES = 4_096;
/** characters that are no text, but newline */
const UNPRINTABLE = /[^\P{C}\n]/gu;

export interface GuestOutcome {
  readonly exitCode: number | null;
  /** the first 64 KiB */
  readonly stdout: string;
  /** the last 4 KiB, printable */
  readonly stderrTail: string;
}

/** Runs a line in a guest to its end. @throws SshConnectError when it breaks off, CancelledError */
export async function runInGuest(
  connection: SshConnection,
  line: string,
  { stdin, signal }: { stdin?: Buffer; signal: AbortSignal },
): Promise<GuestOutcome> {
  const reason = (): unknown => cancellation(signal, 'a command in the guest');
  const channel = await openChannel(connection, { line }, signal, reason);
  const abort = (): void => channel.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const stdout = collect(channel.stdout, (so_far) => so_far.slice(0, MAX_STDOUT_BYTES));
    const stderr = collect(channel.stderr, (so_far) => so_far.slice(-STDERR_TAIL_BYTES));
    channel.stdin.end(stdin);
    const { exitCode, cutOff } = await channel.exited;
    if (signal.aborted) throw reason();
    const stderrTail = (await stderr).replaceAll(UNPRINTABLE, '?').trim();
    return { exitCode: cutOff === true ? null : exitCode, stdout: await stdout, stderrTail };
  } finally {
    signal.removeEventListener('abort', abort);
    channel.close();
  }
}

function collect(source: Readable, bound: (text: string) => string): Promise<string> {
  let text = '';
  source.setEncoding('utf8');
  source.on('data', (chunk: string) => (text = bound(text + chunk)));
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) source.once(event, () => resolve(text));
  });
}
