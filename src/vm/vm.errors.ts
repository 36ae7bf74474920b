import { BangerError } from '../core/errors/index.js';
import type { ErrorDetails, VmState } from '../contract/index.js';
import { MAX_DISK_MIB } from '../host/index.js';

export class VmNotFoundError extends BangerError<'VM_NOT_FOUND'> {
  constructor(vm: string) {
    super('VM_NOT_FOUND', `there is no VM called ${JSON.stringify(vm)}`, {
      details: { vm },
      fix: 'see what there is: banger vm list',
    });
  }
}

export class VmAmbiguousError extends BangerError<'VM_AMBIGUOUS'> {
  constructor(vm: string, matches: string[]) {
    super('VM_AMBIGUOUS', `${JSON.stringify(vm)} is the beginning of ${matches.length} VM ids`, {
      details: { vm, matches },
      why: `it may mean ${matches.join(', ')}`,
      fix: 'give more of the id, or the name',
    });
  }
}

export class VmNameTakenError extends BangerError<'VM_NAME_TAKEN'> {
  constructor(name: string) {
    super('VM_NAME_TAKEN', `there is already a VM called ${JSON.stringify(name)}`, {
      details: { name },
      fix: `choose another --name, or delete that one: banger vm delete ${name}`,
    });
  }
}

/** What lies at the end of a disk would be cut off, whatever it is. */
export class DiskShrinkError extends BangerError<'VM_RESOURCES_INVALID'> {
  constructor(resource: 'disk' | 'work-disk', requested: number, min: number) {
    super('VM_RESOURCES_INVALID', `a ${what(resource)} cannot be made smaller`, {
      details: { resource, requested, min, max: MAX_DISK_MIB },
      why: `it has ${min} MiB, and ${requested} MiB were asked for: what lies beyond would be lost`,
      fix: `ask for more than ${min} MiB; for a smaller one make a new VM, and copy what is needed`,
    });
  }
}

function what(resource: 'disk' | 'work-disk'): string {
  return resource === 'disk' ? 'disk' : 'work disk';
}

export class NoWorkDiskError extends BangerError<'VM_SETTINGS_CONFLICT'> {
  constructor(vm: string) {
    super('VM_SETTINGS_CONFLICT', `the VM ${vm} has no work disk`, {
      details: { settings: ['workDiskMib'] },
      why: 'a VM has one from its creation on, or never',
      fix: 'make a new VM with --work-disk, or grow the disk that it has: --disk',
    });
  }
}

export class TooManyError extends BangerError<'LIMIT_EXCEEDED'> {
  /** @param limit what there would be too many of: `labels` */
  constructor(limit: string, max: number) {
    super('LIMIT_EXCEEDED', `a VM has at most ${max} ${limit}`, {
      details: { limit, max },
      fix: 'remove some of those that it has',
    });
  }
}

/** A VM that `run --rm` throws away has nothing to come back to. */
export class EphemeralRestartError extends BangerError<'VM_SETTINGS_CONFLICT'> {
  constructor() {
    super('VM_SETTINGS_CONFLICT', 'a VM that is thrown away afterwards cannot have a restart policy', {
      details: { settings: ['ephemeral', 'restartPolicy'] },
      why: 'its disk is deleted as soon as it ends',
      fix: 'leave --restart out, or keep the VM: without --rm',
    });
  }
}

export class VmBusyError extends BangerError<'VM_BUSY'> {
  constructor(vm: string, operation: string, operationId: string | undefined) {
    super('VM_BUSY', `the VM ${vm} is busy: ${operation} is under way`, {
      details: { vm, operation, ...(operationId !== undefined && { operationId }) },
      fix:
        operationId === undefined
          ? 'wait for it to end'
          : `wait for it (banger operation watch ${operationId}) or cancel it (banger operation cancel ${operationId})`,
    });
  }
}

const FIX_BY_STATE: Readonly<Record<VmState, (vm: string) => string>> = {
  stopped: (vm) => `start it first: banger vm start ${vm}`,
  failed: (vm) => `see why (banger vm show ${vm}), then start it (banger vm start ${vm}) or delete it`,
  suspended: (vm) => `resume it first: banger vm resume ${vm}`,
  running: (vm) => `stop it first: banger vm stop ${vm}`,
  creating: (vm) => `wait until it is there, or delete it: banger vm delete ${vm}`,
  starting: (vm) => `wait until it runs, or end it: banger vm kill ${vm}`,
  stopping: (vm) => `wait until it has stopped, or end it: banger vm kill ${vm}`,
  deleting: (vm) => `it is being removed; should that have failed, repeat it: banger vm delete ${vm}`,
};

/** Its machine ended in the middle of something that needs it. */
export class VmWentDownError extends BangerError<'VM_WRONG_STATE'> {
  constructor(vm: string, cause: unknown) {
    super('VM_WRONG_STATE', `the VM ${vm} went down meanwhile`, {
      details: { vm, state: 'failed', allowed: ['running'] },
      why: 'its machine ended before this was done; nothing of it is left',
      fix: FIX_BY_STATE.failed(vm),
      cause,
    });
  }
}

export class VmWrongStateError extends BangerError<'VM_WRONG_STATE'> {
  /** @param forcible whether `--force` would make it legal */
  constructor(vm: string, state: VmState, allowed: readonly VmState[], forcible = false) {
    super('VM_WRONG_STATE', `the VM ${vm} is ${state}; this needs it to be ${allowed.join(' or ')}`, {
      details: { vm, state, allowed: [...allowed] },
      fix: `${FIX_BY_STATE[state](vm)}${forcible ? '; or add --force' : ''}`,
    });
  }
}

/** The image was built before there were work disks. */
export class ImageWithoutWorkDiskError extends BangerError<'IMAGE_WITHOUT_WORK_DISK'> {
  constructor(image: string) {
    super('IMAGE_WITHOUT_WORK_DISK', `the image ${image} has nothing that a work disk could begin as`, {
      details: { image },
      why: 'it was built by a version of banger that had no work disks',
      fix: 'build it again (banger image build --force), or leave out --work-disk',
    });
  }
}

export class VmDiskMissingError extends BangerError<'VM_DISK_MISSING'> {
  constructor(vm: string, path: string) {
    super('VM_DISK_MISSING', `the VM ${vm} cannot start: its disk ${path} is gone`, {
      details: { vm, path },
      why: 'banger does not remove the disk of a VM that it knows; something else did',
      fix: `put the file back from a backup, or delete the VM: banger vm delete ${vm}`,
    });
  }
}

export class VmBootFailedError extends BangerError<'VM_BOOT_FAILED'> {
  constructor(facts: { vm: string; stage: string; consoleTail: string; why: string; cause?: unknown }) {
    super('VM_BOOT_FAILED', `the VM ${facts.vm} did not come up: ${facts.stage}`, {
      details: { vm: facts.vm, stage: facts.stage, consoleTail: facts.consoleTail },
      why: facts.why,
      fix: 'the end of its console may tell more; rebuilding the image may help: banger image build --force',
      cause: facts.cause,
    });
  }
}

export class VmDamagedError extends BangerError<'VM_DAMAGED'> {
  constructor(vm: string, reason: string) {
    super('VM_DAMAGED', `the VM ${vm} is damaged: ${reason}`, {
      details: { vm, reason },
      why: 'its files were changed or removed from outside, or the storage below them is failing',
      fix: `put the disk back from a copy and start it, or delete the VM: banger vm delete ${vm}`,
    });
  }
}

export class VmEndedError extends BangerError<'VMM_FAILED'> {
  constructor(vm: string, end: { reason: string; why?: string }, details: ErrorDetails['VMM_FAILED']) {
    super('VMM_FAILED', `the VM ${vm} went down by itself: its hypervisor process was ${end.reason}`, {
      details,
      why: end.why,
      fix: `start it again: banger vm start ${vm}`,
    });
  }
}

export class HypervisorUnavailableError extends BangerError<'HOST_UNSUPPORTED'> {
  constructor(binary: string, reason: string | undefined) {
    super('HOST_UNSUPPORTED', `VMs cannot be run here: ${binary} does not work`, {
      details: { reason: reason ?? 'unknown' },
      why: reason,
      fix: 'see what is missing: banger doctor; or let banger install it: banger quickstart',
    });
  }
}

/** The VMs that run have memory enough between them to starve the host. */
export class HostMemoryExhaustedError extends BangerError<'HOST_MEMORY_EXHAUSTED'> {
  constructor(facts: ErrorDetails['HOST_MEMORY_EXHAUSTED']) {
    const { limitMib, takenMib, requestedMib } = facts;
    super('HOST_MEMORY_EXHAUSTED', `there is no memory left for ${requestedMib} MiB more of VMs`, {
      details: facts,
      why: `those that run have ${takenMib} MiB, and all together may have ${limitMib} MiB (vm.memory_percent)`,
      fix: 'stop or suspend some (banger vm suspend), ask for less (--memory), or allow more in the configuration file',
    });
  }
}

export class WorkspaceTooLargeError extends BangerError<'VM_RESOURCES_INVALID'> {
  /** @param facts.resource the disk that /root is on */
  constructor(
    path: string,
    { resource, diskMib, neededMib }: { resource: 'disk' | 'work-disk'; diskMib: number; neededMib: number },
  ) {
    super('VM_RESOURCES_INVALID', `the repository ${path} does not fit into a disk of ${diskMib} MiB`, {
      details: { resource, requested: diskMib, min: neededMib, max: Number.MAX_SAFE_INTEGER },
      why: `with what is on it already and what has to be copied, ${neededMib} MiB are needed`,
      fix: `ask for more: --${resource} ${Math.ceil(neededMib / 1024) + 1}g`,
    });
  }
}

/** More than one thing stands against a start: all of them, each with what to do about it. */
export class PreflightFailedError extends BangerError<'PREFLIGHT_FAILED'> {
  constructor(found: readonly { check: string; error: BangerError }[]) {
    super('PREFLIGHT_FAILED', `${found.length} things stand against it; nothing was changed`, {
      details: {
        findings: found.map(({ check, error }) => ({
          check,
          problem: error.why === undefined ? error.message : `${error.message}: ${error.why}`,
          ...(error.fix !== undefined && { fix: error.fix }),
        })),
      },
    });
  }
}
