import type { VmSnapshotCopyParams } from '../../../contract/snapshot.dto.js';
import type { VmCreateParams } from '../../../contract/vm.dto.js';
import { UsageError } from '../../usage-error.js';

/** What the VM of the snapshot decides. */
const FIXED = {
  image: '--image',
  cpus: '--cpus',
  memoryMib: '--memory',
  diskMib: '--disk',
  workDiskMib: '--work-disk',
  env: '--env',
  workspace: 'PATH',
} as const;

/** @param from `VM/NAME` @throws UsageError */
export function snapshotCopyParams(from: string, params: VmCreateParams): VmSnapshotCopyParams {
  const [, vm, snapshot] = /^([^/]+)\/([^/]+)$/.exec(from) ?? [];
  if (vm === undefined || snapshot === undefined)
    throw new UsageError(
      `--from-snapshot ${JSON.stringify(from)} names no snapshot`,
      'write VM/NAME, such as --from-snapshot web/1; see: banger vm snapshot list VM',
    );
  const given = Object.entries(FIXED).flatMap(([key, option]) =>
    params[key as keyof typeof FIXED] === undefined ? [] : [option],
  );
  if (given.length > 0)
    throw new UsageError(
      `${given.join(', ')} cannot be given with --from-snapshot`,
      'leave it out: the new VM begins as the other one was; change it afterwards with: banger vm set',
    );
  const { name, labels, publishedPorts, ttlSeconds, idleStopSeconds, restartPolicy, cold } = params;
  return {
    vm,
    snapshot,
    ...(name !== undefined && { name }),
    ...(labels !== undefined && { labels }),
    ...(publishedPorts !== undefined && { publishedPorts }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
    ...(idleStopSeconds !== undefined && { idleStopSeconds }),
    ...(restartPolicy !== undefined && { restartPolicy }),
    ...(cold !== undefined && { cold }),
  };
}
