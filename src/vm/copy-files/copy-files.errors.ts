import { BangerError, saysDiskFull } from '../../core/errors/index.js';
import type { CopyTask } from '../../contract/index.js';
import type { SshExit } from '../../core/ssh/index.js';
import { COPY_EXITS, COPY_STEPS, PLACING_STEP } from './copy-steps.js';

export class CopySourceNotFoundError extends BangerError<'COPY_SOURCE_NOT_FOUND'> {
  constructor(vm: string, path: string) {
    super('COPY_SOURCE_NOT_FOUND', `there is no ${JSON.stringify(path)} in the VM ${vm}`, {
      details: { path, side: 'guest' },
      fix: `see what there is: banger vm exec ${vm} -- ls -la; a relative path starts from the VM's workspace, or else /root`,
    });
  }
}

export class CopyTargetInvalidError extends BangerError<'COPY_TARGET_INVALID'> {
  constructor(vm: string, path: string, reason: string) {
    super('COPY_TARGET_INVALID', `nothing can be copied to ${JSON.stringify(path)} in the VM ${vm}`, {
      details: { path, side: 'guest', reason },
      why: reason,
      fix: 'name a directory that exists, or a new name in one',
    });
  }
}

export class CopyTargetBusyError extends BangerError<'COPY_TARGET_BUSY'> {
  constructor(vm: string, path: string) {
    super('COPY_TARGET_BUSY', `another copy to ${JSON.stringify(path)} in the VM ${vm} is under way`, {
      details: { path, side: 'guest' },
      fix: 'wait until it is done, or copy to another name',
    });
  }
}

export class VmDiskFullError extends BangerError<'VM_DISK_FULL'> {
  constructor(vm: string, path: string) {
    super('VM_DISK_FULL', `no space is left for ${JSON.stringify(path)} in the VM ${vm}`, {
      details: { vm, path },
      fix: `free some space in it, or make its disk larger: banger vm set ${vm} --disk SIZE`,
    });
  }
}

export class CopyFailedError extends BangerError<'COPY_FAILED'> {
  constructor(
    step: { name: string; command: string },
    stderrTail: string,
    options: { why?: string; fix?: string } = {},
  ) {
    super('COPY_FAILED', `the copy failed while ${step.name} (${step.command})`, {
      details: { step: step.name, command: step.command, stderrTail },
      why: options.why ?? (stderrTail.trim().split('\n').at(-1) || undefined),
      fix: options.fix ?? 'see the cause above; what had been there before was not changed',
    });
  }
}

const HALF_PLACED =
  'see the cause above, and repeat the copy when it is gone; what was moved before it has taken the place of what was there';

interface EndedStep {
  readonly vm: string;
  readonly task: CopyTask;
  readonly path: string;
  readonly stderrTail: string;
}

/** What the end of a step's script means; undefined for success. tar ends with 1 where a file changed under it: told by its stderr. */
export function copyFailure(
  { exitCode, signal }: SshExit,
  { vm, task, path, stderrTail }: EndedStep,
): BangerError | undefined {
  if (exitCode === 0 || (exitCode === 1 && task === 'pack')) return undefined;
  const step = COPY_STEPS[task];
  switch (exitCode ?? 0) {
    case COPY_EXITS.sourceMissing:
      return new CopySourceNotFoundError(vm, stderrTail);
    case COPY_EXITS.targetInvalid:
      return new CopyTargetInvalidError(vm, path, stderrTail);
    case COPY_EXITS.targetBusy:
      return new CopyTargetBusyError(vm, path);
    case COPY_EXITS.cutOff:
      return new CopyFailedError(step, stderrTail, {
        why:
          task === 'write'
            ? 'what an earlier copy had left was taken away meanwhile, as another copy does when it is done'
            : 'not all of the data arrived',
      });
    case COPY_EXITS.changed:
      return new CopyFailedError(step, stderrTail, { why: `${path} was changed while it was copied` });
  }
  if (saysDiskFull(stderrTail)) return new VmDiskFullError(vm, path);
  if (exitCode === COPY_EXITS.placing)
    return new CopyFailedError(PLACING_STEP, stderrTail, { fix: HALF_PLACED });
  const ended = signal === null ? undefined : { why: `it was ended by the signal ${signal}` };
  return new CopyFailedError(step, stderrTail, ended);
}
