import type {
  FailureView,
  PublishedPort,
  RestartPolicy,
  VmEndView,
  VmState,
  VmWorkspaceView,
} from '../contract/index.js';
import type { MachineRecord } from './hypervisor/hypervisor.js';

/** What a running machine has of those settings that can wait for its next start. */
export interface MachineShape {
  readonly cpus: number;
  /** what the guest has now */
  readonly memoryMib: number;
  /** what it was started with: it cannot have more while it runs */
  readonly bootMemoryMib: number;
  /** size to which the guest's root file system was grown; likewise the work disk's */
  readonly diskMib: number;
  readonly workDiskMib?: number;
  readonly hostName: string;
}

/** The running machine of a VM. */
export interface VmMachine extends MachineRecord {
  /** absent when an earlier version of the daemon has started it */
  readonly shape?: MachineShape;
}

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
  readonly machine: VmMachine | undefined;
  readonly sshPort: number | undefined;
  /** user that the VMM runs as, in root mode */
  readonly uid: number | undefined;
  readonly hostKeyPublic: string;
  /** its repositories; commands run in the first */
  readonly workspaces: readonly VmWorkspaceView[];
  readonly error: FailureView | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  /** when it last stopped or failed */
  readonly stoppedAt: Date | undefined;
  /** how it last went down without anybody having asked */
  readonly lastEnd: VmEndView | undefined;
}

/** Where commands begin for which nobody says where: absolute, in the guest. */
export function workingDirectoryOf({ workspaces }: Pick<Vm, 'workspaces'>): string {
  return workspaces[0]?.workingDirectory ?? '/root';
}
