import type { Accelerator } from '../hypervisor.js';
import { kvmGroup } from './qemu-probe.adapter.js';

/** As whom a QEMU runs: a user of its own has a group of the same number, and may use KVM by that of the device. */
export async function vmmUser(
  uid: number | undefined,
  accelerator: Accelerator,
): Promise<{ uid?: number; gid?: number }> {
  if (uid === undefined) return {};
  return { uid, gid: (accelerator === 'kvm' ? await kvmGroup() : undefined) ?? uid };
}
