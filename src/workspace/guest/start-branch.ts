import { cancellation } from '../../core/errors/index.js';
import { OutputTail } from '../../core/process/index.js';
import { openChannel, quoteShellWord, SshConnectError } from '../../core/ssh/index.js';
import type { SshConnection } from '../../core/ssh/index.js';

/** `ms`; git has next to nothing to do for it, in a guest that may be slow */
const LIMIT_MS = 60_000;
const STDERR_TAIL_BYTES = 4 * 1024;

/** The guest's hooks and its monitor of files are not run: nobody in the guest has asked for this branch. */
const GIT = "git -c safe.directory='*' -c core.hooksPath=/dev/null -c core.fsmonitor=false";

/**
 * Makes a branch in a guest's repository and checks it out, where there is no commit yet as well.
 * @returns why not, as git has it; undefined when it was done
 */
export async function startBranch(
  ssh: SshConnection,
  { guestPath, branch }: { guestPath: string; branch: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const stop = AbortSignal.any([signal, limit]);
  const line = `cd -- ${quoteShellWord(guestPath)} && LC_ALL=C exec ${GIT} switch -q -c ${quoteShellWord(branch)}`;
  const tail = new OutputTail(STDERR_TAIL_BYTES);
  try {
    const channel = await openChannel(ssh, { line }, stop, () => cancellation(stop, 'making the branch'));
    const abort = (): void => channel.close();
    try {
      stop.addEventListener('abort', abort, { once: true });
      if (stop.aborted) abort();
      channel.stdin.end();
      channel.stdout.resume();
      channel.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
      const exit = await channel.exited;
      if (!stop.aborted && exit.cutOff === true) throw new SshConnectError('lost', 'the guest');
      if (!stop.aborted) return exit.exitCode === 0 ? undefined : reason(tail.toString());
    } finally {
      stop.removeEventListener('abort', abort);
      channel.close();
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  if (signal.aborted) throw cancellation(signal, 'making the branch');
  return `git took longer than ${LIMIT_MS / 1000} s`;
}

function reason(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const told = lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? '';
  const text = told.replace(/^(?:fatal|error): /, '').replaceAll(/\p{C}/gu, '');
  return text === '' ? 'git does not say why' : text;
}
