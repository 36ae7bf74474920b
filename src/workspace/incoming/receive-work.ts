import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cancellation, saysDiskFull } from '../../core/errors/index.js';
import { OutputTail, ProcessFailedError } from '../../core/process/index.js';
import { openChannel, quoteShellWord, SshConnectError } from '../../core/ssh/index.js';
import type { SshChannel, SshConnection } from '../../core/ssh/index.js';
import { splitStep } from '../guest/step-prefix.js';
import {
  WorkspaceDiskFullError,
  WorkspaceWorkRefusedError,
  WorkspaceWorkUnreadableError,
} from '../workspace.errors.js';
import type { IncomingLimits } from './incoming-limits.js';
import { lastLine } from './quarantine.js';
import type { Quarantine } from './quarantine.js';
import { readWorkHeader, WorkHeaderInvalidError } from './work-header.js';
import type { WorkHeader } from './work-header.js';
import { workInput, workScript } from './work-script.js';
import type { WorkQuestion } from './work-script.js';

const STDERR_TAIL_BYTES = 8 * 1024;
/** `ms` that a guest gets to end once its pack is through */
const END_LIMIT_MS = 10_000;
/** `bytes` that may still be on their way from a guest that has ended; one that sends more has not */
const MAX_LATE_BYTES = 16 * 1024 * 1024;

export interface WorkSource {
  /** name of the VM, for messages */
  readonly vm: string;
  readonly ssh: SshConnection;
  readonly question: WorkQuestion;
  /** commits that the host has; looked up while the guest begins */
  readonly known: Promise<readonly string[]>;
  readonly limits: IncomingLimits;
  readonly progress: (bytes: number) => void;
}

/**
 * Has a guest send its work into a quarantine. git checks every object (fsck) and that all it refers to is there,
 * within bounds of memory and time.
 * @throws WorkspaceWorkRefusedError, WorkspaceWorkUnreadableError, SshConnectError, CancelledError
 */
export async function receiveWork(
  quarantine: Quarantine,
  source: WorkSource,
  signal: AbortSignal,
): Promise<WorkHeader> {
  const { ssh, vm, question, known } = source;
  // It is waited for below, unless the guest is not reached.
  known.catch(() => undefined);
  const command = { line: `exec sh -c ${quoteShellWord(workScript(question))}` };
  const channel = await openChannel(ssh, command, signal, () =>
    cancellation(signal, 'the work of the guest'),
  );
  const abort = (): void => channel.close();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const tail = new OutputTail(STDERR_TAIL_BYTES);
  channel.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
  try {
    channel.stdin.end(workInput(await known));
    const idLength = quarantine.repository.objectFormat === 'sha256' ? 64 : 40;
    const read = await readWorkHeader(channel.stdout, idLength);
    if (read === undefined) throw await unreadable(channel, source, tail);
    const indexed = indexPack(quarantine, read.rest, source, signal);
    try {
      await indexed;
    } catch (error) {
      signal.throwIfAborted();
      const exit = await endOf(channel);
      // A guest that could not go on says so itself.
      if (exit !== undefined && exit.exitCode !== 0) throw await unreadable(channel, source, tail);
      throw error;
    }
    return read.header;
  } catch (error) {
    if (signal.aborted) throw cancellation(signal, 'the work of the guest');
    if (error instanceof WorkHeaderInvalidError)
      throw new WorkspaceWorkRefusedError(vm, error.message, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    channel.close();
  }
}

async function indexPack(
  { git, directory }: Quarantine,
  pack: Readable,
  { vm, limits, progress }: WorkSource,
  signal: AbortSignal,
): Promise<void> {
  const index = ['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${limits.packBytes}`];
  const stdin = counter(progress);
  const fed = pipeline(pack, stdin).catch(() => undefined);
  try {
    await git.run(index, { stdin, signal });
  } catch (error) {
    if (!(error instanceof ProcessFailedError)) throw error;
    // Not the guest's fault.
    if (saysDiskFull(error.details.stderrTail)) throw new WorkspaceDiskFullError(directory, error);
    throw new WorkspaceWorkRefusedError(vm, lastLine(error), error);
  } finally {
    stdin.destroy();
    await fed;
  }
}

/** Undefined when the guest has not ended in time, or goes on sending. */
async function endOf(channel: SshChannel): Promise<Awaited<SshChannel['exited']> | undefined> {
  const limit = Promise.withResolvers<undefined>();
  let late = 0;
  channel.stdout.on('data', (chunk: Buffer) => {
    late += chunk.length;
    if (late > MAX_LATE_BYTES) limit.resolve(undefined);
  });
  channel.stdout.resume();
  const timer = setTimeout(() => limit.resolve(undefined), END_LIMIT_MS);
  try {
    return await Promise.race([channel.exited, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function unreadable(
  channel: SshChannel,
  { vm, question }: WorkSource,
  tail: OutputTail,
): Promise<Error> {
  const exit = await endOf(channel);
  if (exit?.cutOff === true) return new SshConnectError('lost', vm);
  return new WorkspaceWorkUnreadableError({ vm, path: question.path, ...splitStep(tail.toString()) });
}

function counter(progress: (bytes: number) => void): Transform {
  let bytes = 0;
  return new Transform({
    highWaterMark: 262_144,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      progress(bytes);
      done(null, chunk);
    },
  });
}
