import type { FailureView, VmState, VmWorkspaceView } from '../contract/index.js';
import type { MachineRecord } from './hypervisor/hypervisor.js';

/** A VM as the daemon keeps it. */
export interface Vm {
  readonly id: string;
  readonly name: string;
  readonly state: VmState;
  readonly imageId: string;
  /** the image's name as it is now */
  readonly imageName: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly env: Readonly<Record<string, string>>;
  readonly ephemeral: boolean;
  readonly hypervisor: 'qemu' | 'firecracker';
  readonly accelerator: 'kvm' | 'tcg' | undefined;
  readonly mac: string;
  readonly machineId: string;
  /** how to find the running machine again; set while one may run */
  readonly machine: MachineRecord | undefined;
  readonly sshPort: number | undefined;
  /** user that the VMM runs as, in root mode */
  readonly uid: number | undefined;
  readonly hostKeyPublic: string;
  readonly workspace: VmWorkspaceView | undefined;
  readonly error: FailureView | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
}
