import { Capability } from '../capability.js';
import type { Guest, HookContext, MachineDraft, VmFacts, VmIdentity } from '../capability.js';
import { toBangerError } from '../../core/errors/index.js';
import { WORK_ARGUMENT, WORK_STATUS_PATH } from '../../image/index.js';

const TIMEOUT_MS = 10_000;
/** The guest's own words: bounded, and printable. */
const MAX_PROBLEM = 200;

/**
 * A disk of its own at /root, which the initramfs mounts before anything looks there. A damaged one does not keep the
 * guest from coming up: it is told, and can be repaired from inside.
 */
export class WorkDiskCapability extends Capability {
  readonly id = 'work-disk';
  override readonly title = 'looking at the work disk';

  override concerns(vm: VmIdentity): boolean {
    return vm.workDiskMib !== undefined;
  }

  override configure(draft: MachineDraft, { workDiskMib }: VmFacts): void {
    if (workDiskMib !== undefined) draft.bootArguments.push(WORK_ARGUMENT);
  }

  override async ready(_vm: VmIdentity, guest: Guest, { signal, warn }: HookContext): Promise<void> {
    const status = await readStatus(guest, signal);
    if (status === 'mounted') return;
    warn(
      `the work disk may not be at /root, where the root disk's own files are then: ${status}; ` +
        'to repair it: e2fsck -f /dev/vdc in the VM, then restart it',
    );
  }
}

async function readStatus(guest: Guest, signal: AbortSignal): Promise<string> {
  try {
    const options = { signal, timeoutMs: TIMEOUT_MS };
    const { exitCode, stdout } = await guest.exec(['cat', `/${WORK_STATUS_PATH}`], options);
    return exitCode === 0 ? printable(stdout.toString('utf8')) : 'its system does not know of work disks';
  } catch (error) {
    signal.throwIfAborted();
    return `it cannot be asked (${toBangerError(error, 'the work disk').message})`;
  }
}

function printable(text: string): string {
  return text
    .trim()
    .slice(0, MAX_PROBLEM)
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
