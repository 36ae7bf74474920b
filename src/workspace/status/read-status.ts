import { cancellation } from '../../core/errors/index.js';
import { OutputTail } from '../../core/process/index.js';
import { openChannel, quoteShellWord, SshConnectError } from '../../core/ssh/index.js';
import type { SshChannel, SshConnection } from '../../core/ssh/index.js';
import { splitStep } from '../guest/step-prefix.js';
import { WorkspaceWorkRefusedError, WorkspaceWorkUnreadableError } from '../workspace.errors.js';
import { parseStatus, StatusInvalidError } from './parse-status.js';
import type { GuestStatus } from './parse-status.js';
import { statusScript } from './status-script.js';
import type { StatusQuestion } from './status-script.js';

/** `bytes`; what is behind them is not read */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const STDERR_TAIL_BYTES = 8 * 1024;
const WHAT = "the guest's answer";

export interface StatusSource {
  /** name of the VM, for messages */
  readonly vm: string;
  readonly ssh: SshConnection;
  readonly question: StatusQuestion;
  /** hexadecimal digits of an object id */
  readonly idLength: number;
}

/**
 * Has a guest tell how a repository stands. Its words are bounded and checked, not verified.
 * @throws WorkspaceWorkRefusedError, WorkspaceWorkUnreadableError, SshConnectError, or the reason of the signal
 */
export async function readStatus(source: StatusSource, signal: AbortSignal): Promise<GuestStatus> {
  const { ssh, vm, question, idLength } = source;
  const command = { line: `exec sh -c ${quoteShellWord(statusScript(question))}` };
  const channel = await openChannel(ssh, command, signal, () => cancellation(signal, WHAT));
  const abort = (): void => channel.close();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    channel.stdin.end();
    const output = await readAll(channel, source);
    return parseStatus(output, idLength);
  } catch (error) {
    if (signal.aborted) throw cancellation(signal, WHAT);
    if (error instanceof StatusInvalidError) throw new WorkspaceWorkRefusedError(vm, error.message, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    channel.close();
  }
}

async function readAll(channel: SshChannel, { vm, question }: StatusSource): Promise<Buffer> {
  const tail = new OutputTail(STDERR_TAIL_BYTES);
  channel.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of channel.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_OUTPUT_BYTES) return Buffer.concat(chunks);
  }
  const exit = await channel.exited;
  if (exit.cutOff === true) throw new SshConnectError('lost', vm);
  if (exit.exitCode !== 0)
    throw new WorkspaceWorkUnreadableError({ vm, path: question.path, ...splitStep(tail.toString()) });
  return Buffer.concat(chunks);
}
