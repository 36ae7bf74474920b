import type { VmConditionView } from '../../contract/index.js';
import type { DiskHalt } from '../hypervisor/hypervisor.js';

const MIB = 1024 * 1024;

/** Less than this is told: a guest on a fast host fills it in seconds. `bytes` */
export const LOW_BYTES = 2 * 1024 * MIB;
/** So much has to be free before halted guests go on: some seconds of writing. `bytes` */
export const GO_ON_BYTES = 64 * MIB;

/** @param freeBytes undefined when nobody has looked yet */
export function diskConditions(
  halt: DiskHalt | undefined,
  freeBytes: number | undefined,
  path: string,
): VmConditionView[] {
  if (halt !== undefined) return [haltedCondition(halt, path)];
  if (freeBytes === undefined || freeBytes >= LOW_BYTES) return [];
  return [
    {
      kind: 'disk-space-low',
      message: `only ${Math.floor(freeBytes / MIB)} MiB are free on the file system of ${path}; guests are halted when it is full`,
      fix: 'free some space there, or delete VMs and images that are not needed',
    },
  ];
}

/** @param path that the disks of VMs are on */
export function haltedCondition({ noSpace, since }: DiskHalt, path: string): VmConditionView {
  return {
    kind: 'halted',
    since: since.toISOString(),
    ...(noSpace
      ? {
          message: `halted: the file system of ${path} is full; nothing of what it wrote is lost`,
          fix: `free some space there, and it goes on by itself as soon as ${GO_ON_BYTES / MIB} MiB are free; or stop or delete VMs`,
        }
      : {
          message: `halted: the host reported an error when its disk on ${path} was written to`,
          fix: 'see what the host says of its disks (dmesg); it is let go on every few seconds; it can be killed and deleted',
        }),
  };
}
