import type { PublishedPort } from '../../contract/index.js';
import type { ExitStatus, ProcessIdentity } from '../../core/process/index.js';
import type { GuestAgent, NetworkCounters, TellOptions } from './guest-channels.js';

/** Differences between hypervisors are data; nothing above this port asks which one it is. */
export interface HypervisorFeatures {
  readonly userNetwork: boolean;
  readonly acpiShutdown: boolean;
  readonly diskHotplug: boolean;
  /** whether `saveTo`, `restoreFrom` and `save` work */
  readonly memorySnapshots: boolean;
  /** whether `snapshot` works */
  readonly liveSnapshots: boolean;
  /** whether `setForwards` works; without it a change of forwards waits for the next start */
  readonly liveForwards: boolean;
  /** whether `setMemory` works; without it a change of memory waits for the next start */
  readonly liveMemory: boolean;
  /** whether the VMM counts what passes through the NICs; without it only the guest can tell */
  readonly networkCounters: boolean;
}

export type Accelerator = 'kvm' | 'tcg';

/** What a hypervisor can do on this host. Feeds doctor and preflight. */
export interface HypervisorProbe {
  readonly available: boolean;
  readonly binary: string;
  readonly version?: string;
  readonly accelerator?: Accelerator;
  /** why KVM is not used, or why the hypervisor is not available */
  readonly reason?: string;
}

export interface DriveSpec {
  /** serial number that the guest sees; finds the drive from inside */
  readonly serial: string;
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly readOnly: boolean;
}

/** User-mode network: NAT by the VMM itself, ports of the host forwarded into the guest. */
export interface UserNicSpec {
  readonly type: 'user';
  readonly mac: string;
  readonly forwards: readonly PublishedPort[];
}
export type NicSpec = UserNicSpec;

/**
 * A machine that stands still, in two files. With its disks as they were at that moment it goes on from there, as often
 * as wanted, on the same version of the hypervisor and the same kind of processor.
 */
export interface SavedMachine {
  /** what is in the guest's memory: a file of its size, with holes where it has never been written */
  readonly memoryPath: string;
  /** all else, in the hypervisor's own format */
  readonly statePath: string;
}

/** What a machine goes on from. */
export interface RestoreSource extends SavedMachine {
  /** no other machine goes on from these files: it may have the memory for itself */
  readonly once?: boolean;
}

/** What to run, in no hypervisor's terms. */
export interface MachineSpec {
  readonly id: string;
  readonly name: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly kernelPath: string;
  readonly initrdPath: string;
  /** kernel command line that the image asks for; the driver adds what its machine needs (console, clock) */
  readonly bootArguments: readonly string[];
  /** first is the root disk */
  readonly drives: readonly DriveSpec[];
  readonly nics: readonly NicSpec[];
  /** receives the serial console; the driver keeps it below 4 MiB, newest output last */
  readonly consolePath: string;
  /** receives the VMM's own stdout and stderr */
  readonly logPath: string;
  /** directory for the sockets of this VM; exists, owned by `uid` */
  readonly runtimeDirectory: string;
  /** user that the VMM runs as; the daemon's own when undefined */
  readonly uid?: number;
  /** where `Machine.save` puts the machine; the files are not there yet. Needs the feature `memorySnapshots` */
  readonly saveTo?: SavedMachine;
  /**
   * Goes on from there instead of booting, with all but forwards as the saved machine had them, and its NICs' cables
   * unplugged until `plugIn`. Any number of machines may come of the same files: none can write them. Needs the feature
   * `memorySnapshots`
   */
  readonly restoreFrom?: RestoreSource;
  /** how much of the host's CPUs it leaves to others: 0, the default, to 19 */
  readonly niceness?: number;
}

/** Everything needed to find a running machine again after a daemon restart. JSON. */
export interface MachineRecord {
  readonly id: string;
  readonly process: ProcessIdentity;
  readonly accelerator: Accelerator;
  readonly runtimeDirectory: string;
  readonly consolePath: string;
  readonly logPath: string;
}

/** Of all disks together, since the machine's start. */
export interface DiskCounters {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly readOperations: number;
  readonly writeOperations: number;
}

export interface GuestMemory {
  readonly totalBytes: number;
  /** what programs could still get without swapping, as the guest's kernel estimates it */
  readonly availableBytes: number;
}

/** What a machine does by the VMM's word. `io-error`: it waits for room on the host's disk. */
export type RunState = 'running' | 'paused' | 'io-error' | 'other';

/** What the VMM knows of its machine without asking the guest; a member that it does not know is left out. */
export interface MachineStats {
  readonly disk: DiskCounters;
  /** there with the feature `networkCounters` */
  readonly network?: NetworkCounters;
  /** what the guest last told, by itself */
  readonly guestMemory?: GuestMemory;
}

/** A drive whose file is left as it is at the moment of a snapshot; what is written later goes to another file. */
export interface DriveFreeze {
  readonly serial: string;
  /** an empty qcow2 disk that stands on the one that the drive has now; the VMM's to write */
  readonly overlayPath: string;
}

/** What a driver may need beside the machine itself to make a snapshot. */
export interface SnapshotHelper {
  /** a process that helps carries `processMarker` of it */
  readonly id: string;
  /** for its sockets; exists, owned by `uid` */
  readonly runtimeDirectory: string;
  readonly logPath: string;
  /** that of the machine */
  readonly uid: number | undefined;
  /** Called as for `launch`. */
  onSpawn(process: ProcessIdentity): Promise<void>;
}

/** What of a machine is put into files besides its drives. */
export interface MemoryOrder {
  /** the files are not there yet */
  readonly to: SavedMachine;
  /** what the machine was started with */
  readonly memoryMib: number;
  readonly helper: SnapshotHelper;
  /** it does not run on: it is good for nothing but to be killed then, and its disks are whole */
  readonly forGood?: boolean;
}

export interface SnapshotOrder {
  /** undefined: nothing but the drives are of interest */
  readonly memory: MemoryOrder | undefined;
  readonly freeze: readonly DriveFreeze[];
  /**
   * Called once, at the moment that the snapshot is of, for what else has to be of that moment. Short. The drives of
   * `freeze` have gone over to their overlays by then.
   */
  whileHalted(): Promise<void>;
  readonly signal: AbortSignal;
}

/** Who ended a machine: its guest (power off, reboot, a panic that the VMM saw), or a signal to the VMM that it obeyed. */
export type MachineEnder = 'guest-off' | 'guest-reset' | 'guest-panic' | 'host';

/** Of an adopted VMM neither exit code nor signal are known. */
export interface MachineExit extends ExitStatus {
  /** what the VMM said of its end; undefined when it said nothing, as when it crashed or was killed */
  readonly by?: MachineEnder;
}

/** The host could not take what the guest wrote: the guest was halted before it could learn of that. */
export interface DiskHalt {
  /** for want of space; otherwise the host's disk reported an error */
  readonly noSpace: boolean;
  readonly since: Date;
}

/** A running VMM. */
export abstract class Machine {
  abstract readonly record: MachineRecord;
  abstract readonly agent: GuestAgent;
  /**
   * Tells the process of the guest that has `TELL_PORT` open: it gets the length in digits, a newline and the input, and
   * answers with a line, which is returned. Nothing is lost while it does not read yet, nor where none is there.
   * @throws GuestAgentError, TimeoutError, CancelledError
   */
  abstract tell(input: Buffer, options: TellOptions): Promise<string>;
  /**
   * Settles when the VMM process is gone, whoever ended it; never rejects, and never settles after `detach`.
   * The status is known for a child of this daemon alone: of an adopted VMM both members are null.
   * A guest's poweroff, reboot and panic all end the VMM with exit code 0, and so does SIGTERM: `by` tells which.
   */
  abstract readonly exited: Promise<MachineExit>;
  /** Asks the guest to power off (agent, then ACPI); resolves when asked, not when done. */
  abstract requestShutdown(): Promise<void>;
  /** Ends the VMM process; resolves when it is gone. Gone already is success. */
  abstract kill(): Promise<void>;
  /**
   * Makes the forwards of the first NIC exactly these, whatever they are now: those that stay are not interrupted.
   * Repeatable; after a failure some may have changed. @throws PortTakenError, VmmProtocolError
   */
  abstract setForwards(forwards: readonly PublishedPort[]): Promise<void>;
  /**
   * Asks the guest to give memory back, or to take it again, so that it has this much: at most what the machine was
   * started with. Resolves when asked; how far the guest has come tells `memory`. @throws VmmProtocolError
   */
  abstract setMemory(mib: number): Promise<void>;
  /** `MiB` that the guest has now: what the machine was started with, less what it gave back. @throws VmmProtocolError */
  abstract memory(): Promise<number>;
  /**
   * Enlarges a drive under the running guest, which learns of it by itself a moment later. One that has the size, or
   * more, is left as it is. A failure leaves it as it was. @throws VmmProtocolError
   */
  abstract resizeDrive(serial: string, bytes: number): Promise<void>;
  /** One round trip to the VMM; `timeoutMs` as for `stats`. @throws VmmProtocolError */
  abstract runState(options: { timeoutMs: number }): Promise<RunState>;
  /**
   * `timeoutMs` bounds the wait for a VMM that hangs; no other command waits for this one.
   * @throws VmmProtocolError
   */
  abstract stats(options: { timeoutMs: number }): Promise<MachineStats>;
  /** Why the guest is halted although nobody halted it; undefined while it may run. */
  abstract get diskHalt(): DiskHalt | undefined;
  /**
   * Lets a halted guest go on: the writes that failed are tried again, and may halt it once more.
   * @throws VmmProtocolError
   */
  abstract resume(): Promise<void>;
  /**
   * Halts the guest for good, and puts the machine where its spec says with `saveTo`. Its disks are whole when it is
   * killed afterwards, the only thing that it is good for then. @throws VmmProtocolError, DiskFullError
   */
  abstract save(options: { signal: AbortSignal }): Promise<void>;
  /** Plugs the cables of a restored machine's NICs in. Plugged in already is success. @throws VmmProtocolError */
  abstract plugIn(): Promise<void>;
  /** Path of the file that each drive is written to, by serial. @throws VmmProtocolError */
  abstract drivePaths(): Promise<ReadonlyMap<string, string>>;
  /**
   * Keeps the machine as it is at one moment, while it runs on. Needs the feature `liveSnapshots`.
   * @returns `ms` that the guest stood still
   * @throws VmmProtocolError, VmmFailedError, DiskFullError: the machine runs on all the same, and no process is left
   */
  abstract snapshot(order: SnapshotOrder): Promise<number>;
  /** Lets go of the machine without ending it: the daemon is about to stop. */
  abstract detach(): void;
}

export abstract class Hypervisor {
  abstract readonly kind: 'qemu' | 'firecracker';
  abstract readonly features: HypervisorFeatures;
  /** Really tries: the accelerator is found by starting a vCPU, in up to 2 s. Cached while the hypervisor is available. */
  abstract probe(): Promise<HypervisorProbe>;
  /**
   * Starts the VMM; resolves when it runs and its control sockets answer (not when the guest is up).
   * `onSpawn` is called with the process as soon as it exists, and awaited, so that it can be recorded; the guest
   * does not run before. When launching fails or is aborted, no process is left.
   * @throws VmmFailedError (`portConflict` in its details asks for another try with other ports), VmmProtocolError,
   *   HostBinaryMissingError, SocketPathTooLongError, CancelledError, TimeoutError
   */
  abstract launch(
    spec: MachineSpec,
    options: { signal: AbortSignal; onSpawn: (process: ProcessIdentity) => Promise<void> },
  ): Promise<Machine>;
  /**
   * Takes up a machine of an earlier daemon; undefined when its process is gone or another.
   * @throws VmmProtocolError, TimeoutError when the process lives but does not answer: find and kill it
   */
  abstract adopt(record: MachineRecord): Promise<Machine | undefined>;
  /** Sockets by which a running machine is controlled, and taken up again; without them it can only be killed. */
  controlSockets(_runtimeDirectory: string): readonly string[] {
    return [];
  }
  /** Changes whenever a machine that was saved before would not fit what `launch` makes now. */
  abstract layout(): string;
  /** Argument that only the process of this machine carries: finds it even if its pid was never recorded. */
  abstract processMarker(id: string): string;
}
