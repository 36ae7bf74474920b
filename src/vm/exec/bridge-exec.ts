import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TerminalRequest } from '../../contract/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { OutputTail } from '../../core/process/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import { SshConnectError } from '../../core/ssh/index.js';
import type { SshChannel, SshConnection, SshExit } from '../../core/ssh/index.js';
import { GuestSignals } from './guest-signals.js';
import { deliverableLine } from './long-line.js';

export interface ExecRequest {
  /** as `guestCommandLine` makes it */
  readonly line: string;
  readonly terminal?: TerminalRequest;
  /** how messages name the guest */
  readonly label?: string;
  /** what an end means to the client instead of a status; gets the end of the command's stderr */
  readonly failure?: (status: SshExit, stderrTail: string) => BangerError | undefined;
}

/** `bytes` of stderr that a failure is told with */
const STDERR_TAIL_BYTES = 4096;

/**
 * Runs a command in a guest for the client at the other end of a byte channel, until one of the two is gone.
 * A client that vanishes hangs the command up; a client that does not read holds back its own command alone.
 * @throws SshConnectError when the command cannot be started
 */
export async function bridgeExec(
  connection: SshConnection,
  request: ExecRequest,
  client: ServerByteChannel,
): Promise<void> {
  const signals = new GuestSignals(connection);
  const tail = new OutputTail(STDERR_TAIL_BYTES);
  const opened = open(connection, request, signals);
  // Listening begins before anything is waited for: a client may resize at once.
  client.onResize((size) => void opened.then((remote) => remote.resize(size), ignore));
  client.onSignal((name) => void opened.then(() => signals.send(name), ignore));
  const remote = await opened;
  if (request.failure !== undefined) remote.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
  const gone = abortOf(client.aborted);
  try {
    const status = await Promise.race([exchange(remote, client), gone.promise]);
    if (status === 'gone') await signals.hangUp();
    else if (status.cutOff === true)
      await client.fail(new SshConnectError('lost', request.label ?? 'the guest'));
    else await conclude(status, request.failure?.(status, tail.toString()), client);
  } finally {
    gone.release();
    remote.close();
  }
}

async function conclude(
  { exitCode, signal }: SshExit,
  failure: BangerError | undefined,
  client: ServerByteChannel,
): Promise<void> {
  await (failure === undefined ? client.exit({ exitCode, signal }) : client.fail(failure));
}

async function open(
  connection: SshConnection,
  { line, terminal }: ExecRequest,
  signals: GuestSignals,
): Promise<SshChannel> {
  return connection.open({
    line: signals.marked(await deliverableLine(connection, line)),
    ...(terminal !== undefined && { terminal }),
  });
}

/** Ends when the command has ended and the client has taken all of its output. */
async function exchange(remote: SshChannel, client: ServerByteChannel): Promise<SshExit> {
  void copy(client.stdin, remote.stdin);
  const delivered = Promise.all([copy(remote.stdout, client.stdout), copy(remote.stderr, client.stderr)]);
  const status = await remote.exited;
  await delivered;
  return status;
}

/** A side that is gone ends the copying; why it is gone is told elsewhere. */
async function copy(from: Readable, to: Writable): Promise<void> {
  await pipeline(from, to).catch(ignore);
}

function abortOf(signal: AbortSignal): { promise: Promise<'gone'>; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<'gone'>();
  const listener = (): void => resolve('gone');
  signal.addEventListener('abort', listener, { once: true });
  if (signal.aborted) listener();
  return { promise, release: () => signal.removeEventListener('abort', listener) };
}

function ignore(): void {}
