import type {
  FailureView,
  PublishedPort,
  RestartPolicy,
  VmEndView,
  VmState,
  VmWorkspaceView,
} from '../contract/index.js';
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
  /** root disk */
  readonly diskMib: number;
  /** work disk, mounted at /root; none when undefined */
  readonly workDiskMib: number | undefined;
  /** kind of the DiskBackend that made its disks */
  readonly diskBackend: string;
  readonly env: Readonly<Record<string, string>>;
  /** who commits in it, where the configuration names nobody: its creator */
  readonly gitName: string | undefined;
  readonly gitEmail: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly publishedPorts: readonly PublishedPort[];
  /** what was asked for; `expiresAt` is what counts */
  readonly ttlSeconds: number | undefined;
  /** the VM is deleted then */
  readonly expiresAt: Date | undefined;
  /** stopped after so many seconds without use */
  readonly idleStopSeconds: number | undefined;
  readonly restartPolicy: RestartPolicy;
  /** automatic restarts in a row */
  readonly restarts: number;
  /** when the next automatic restart is due */
  readonly restartAt: Date | undefined;
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
  /** when it last stopped or failed */
  readonly stoppedAt: Date | undefined;
  /** how it last went down without anybody having asked */
  readonly lastEnd: VmEndView | undefined;
}
