import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EXEC_EXIT_CODES } from '../../contract/errors.js';
import type { TerminalRequest } from '../../contract/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { OutputTail } from '../../core/process/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import { SshConnectError } from '../../core/ssh/index.js';
import type { SshChannel, SshConnection, SshExit } from '../../core/ssh/index.js';
import { AnnouncedPid } from './announced-pid.js';
import { GuestSignals, KILL_GRACE_S } from './guest-signals.js';
import { deliverableLine } from './long-line.js';
import { timeLimit } from './time-limit.js';

export interface ExecRequest {
  /** as `guestCommandLine` makes it */
  readonly line: string;
  readonly terminal?: TerminalRequest;
  /** how messages name the guest */
  readonly label?: string;
  /** `s` that the command gets, from when it is started; no limit when left out */
  readonly timeoutSeconds?: number;
  /** what an end means to the client instead of a status; gets the end of the command's stderr */
  readonly failure?: (status: SshExit, stderrTail: string) => BangerError | undefined;
}

/** `bytes` of stderr that a failure is told with */
const STDERR_TAIL_BYTES = 4096;

/** `ms` after KILL in which even a busy guest has ended the command; one that hangs never does */
const KILL_LIMIT_MS = 5_000;
/** `ms` that a client gets to take the last output of a command whose time was over */
const LAST_OUTPUT_MS = 1_000;

/** Why the bridge need not wait any longer. */
type Cut = 'gone' | 'over';

/**
 * Runs a command in a guest for the client at the other end of a byte channel, until one of the two is gone or the
 * command's time is over. A client that vanishes hangs the command up; a client that does not read holds back its own
 * command alone, and no end for which the time has come.
 * @throws SshConnectError when the command cannot be started
 */
export async function bridgeExec(
  connection: SshConnection,
  request: ExecRequest,
  client: ServerByteChannel,
): Promise<void> {
  const announcement = new AnnouncedPid();
  const signals = new GuestSignals(connection, announcement.pid);
  const limit = timeLimit(request.timeoutSeconds);
  const gone = abortOf(client.aborted);
  const cut = Promise.race<Cut>([gone.promise, limit.over]);
  const opened = open(connection, request, announcement);
  // Listening begins before anything is waited for: a client may resize at once.
  client.onResize((size) => void opened.then((remote) => remote.resize(size), ignore));
  client.onSignal((name) => void opened.then(() => signals.send(name), ignore));
  try {
    const remote = await Promise.race([opened, cut]);
    if (typeof remote !== 'string')
      return await converse({ remote, announcement, signals, client, cut, request });
    void opened.then((late) => dismiss(late, announcement, signals), ignore);
    if (remote === 'over') await tellTimeOver(client);
  } finally {
    limit.release();
    gone.release();
  }
}

/** Hangs up what has started when nobody wanted it any more. */
async function dismiss(remote: SshChannel, announcement: AnnouncedPid, signals: GuestSignals): Promise<void> {
  remote.stdout.pipe(announcement).resume();
  remote.stderr.resume();
  await signals.hangUp();
  remote.close();
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
  announcement: AnnouncedPid,
): Promise<SshChannel> {
  return connection.open({
    line: announcement.announced(await deliverableLine(connection, line)),
    ...(terminal !== undefined && { terminal }),
  });
}

interface Conversation {
  readonly remote: SshChannel;
  readonly announcement: AnnouncedPid;
  readonly signals: GuestSignals;
  readonly client: ServerByteChannel;
  readonly cut: Promise<Cut>;
  readonly request: ExecRequest;
}

async function converse(conversation: Conversation): Promise<void> {
  const { remote, announcement, signals, client, cut, request } = conversation;
  const { label = 'the guest', failure } = request;
  const tail = new OutputTail(STDERR_TAIL_BYTES);
  if (failure !== undefined) remote.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
  const delivered = exchange(conversation);
  try {
    const outcome = await Promise.race([delivered, cut]);
    if (outcome === 'gone') await signals.hangUp();
    else if (outcome === 'over') await endInTime(conversation, delivered);
    else if (outcome.cutOff === true) await client.fail(new SshConnectError('lost', label));
    else await conclude(outcome, failure?.(outcome, tail.toString()), client);
  } finally {
    remote.close();
    announcement.destroy();
  }
}

/** Ends when the command has ended and the client has taken all of its output. */
async function exchange({ remote, announcement, client }: Conversation): Promise<SshExit> {
  void copy(client.stdin, remote.stdin);
  const delivered = Promise.all([
    copyAnnounced(remote.stdout.pipe(announcement), client.stdout),
    copy(remote.stderr, client.stderr),
  ]);
  const status = await remote.exited;
  await delivered;
  return status;
}

/** Whatever the guest and the client do, it takes no longer than the grace and a few seconds. */
async function endInTime(
  { remote, signals, client }: Conversation,
  delivered: Promise<SshExit>,
): Promise<void> {
  // where the client does not read, the channel does not see the end: the guest tells when the group is gone
  await within(Promise.race([remote.exited, signals.end()]), KILL_GRACE_S * 1000 + KILL_LIMIT_MS);
  await within(delivered, LAST_OUTPUT_MS);
  await tellTimeOver(client);
}

async function tellTimeOver(client: ServerByteChannel): Promise<void> {
  // what the client has not taken by now it does not want
  for (const output of [client.stdout, client.stderr]) if (!output.writableFinished) output.destroy();
  await client.exit({ exitCode: EXEC_EXIT_CODES.timedOut, signal: null, timedOut: true });
}

async function within(wanted: Promise<unknown>, ms: number): Promise<void> {
  const stop = new AbortController();
  await Promise.race([wanted, delay(ms, undefined, { signal: stop.signal }).catch(ignore)]);
  stop.abort();
}

/** A side that is gone ends the copying; why it is gone is told elsewhere. */
async function copy(from: Readable, to: Writable): Promise<void> {
  await pipeline(from, to).catch(ignore);
}

/** The same, but the source lives on: a client may be gone before the process is known that is to be hung up. */
async function copyAnnounced(from: Readable, to: Writable): Promise<void> {
  await finished(from.pipe(to)).catch(ignore);
}

function abortOf(signal: AbortSignal): { promise: Promise<'gone'>; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<'gone'>();
  const listener = (): void => resolve('gone');
  signal.addEventListener('abort', listener, { once: true });
  if (signal.aborted) listener();
  return { promise, release: () => signal.removeEventListener('abort', listener) };
}

function ignore(): void {}
