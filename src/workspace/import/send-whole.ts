import { cancellation } from '../../core/errors/index.js';
import { ProcessFailedError } from '../../core/process/index.js';
import { SshConnectError } from '../../core/ssh/index.js';
import type { ImportGuest, ImportProgress } from '../../vm/index.js';
import { WorkspaceImportFailedError, WorkspaceTargetTakenError } from '../workspace.errors.js';
import { guestScript } from './guest-script.js';
import type { Outgoing } from './outgoing.js';
import { sendPack } from './send-pack.js';
import type { GuestOutcome } from './send-pack.js';

/** Imports a repository into a place where nothing is. @throws WorkspaceTargetTakenError, WorkspaceImportFailedError */
export async function sendWhole(
  { repository, pack }: Outgoing,
  { vm, ssh }: ImportGuest,
  step: ImportProgress,
  signal: AbortSignal,
): Promise<void> {
  const { cargo, facts } = await pack([]);
  const outcome = await sendPack(ssh, { script: guestScript(facts), ...cargo }, step, signal);
  if (outcome.step === 'check-target' && outcome.exit.exitCode !== 0)
    throw new WorkspaceTargetTakenError(vm, facts.target);
  requireSuccess(outcome, repository.top);
}

/** by the step of the script that failed */
const FIXES: Readonly<Record<string, string | undefined>> = {
  'check-disk': 'give the VM a larger disk: --disk',
  'check-work-disk': 'give the VM a larger work disk: --work-disk',
  locked: 'let the git in the guest end; when none is at work, remove the file .git/index.lock there',
  stash:
    'conclude or undo in the guest what git stash cannot put aside (a merge, a nested repository), then again',
};

/** @throws WorkspaceImportFailedError, SshConnectError */
export function requireSuccess({ exit, step, stderrTail }: GuestOutcome, path: string): void {
  if (exit.exitCode === 0) return;
  if (exit.cutOff === true) throw new SshConnectError('lost', 'the guest');
  const fix = FIXES[step];
  throw new WorkspaceImportFailedError({ path, step, stderrTail, ...(fix !== undefined && { fix }) });
}

/** What the user is told of a failure of git on the host. */
export function translateFailure(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return cancellation(signal, 'the import of the repository');
  if (!(error instanceof ProcessFailedError)) return error;
  const { file, args, stderrTail } = error.details;
  const step = file === 'git' ? `git ${args.find((word) => !word.startsWith('-')) ?? ''}` : file;
  return new WorkspaceImportFailedError({ path, step, stderrTail, cause: error });
}
