import type { DiskBackendName } from '../../core/config/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';

export type DiskFormat = 'raw' | 'qcow2';

/** A disk as a VMM opens it. */
export interface Disk {
  readonly path: string;
  readonly format: DiskFormat;
}

export interface DiskRequest {
  /** disk that the new one begins as; never written */
  readonly basePath: string;
  readonly baseFormat: DiskFormat;
  /** the base may be deleted while the new disk is in use: that must not harm it */
  readonly baseMayGo?: boolean | undefined;
  /** what `locate` says; nothing may be there yet */
  readonly path: string;
  /** size that the guest sees, `bytes`, a multiple of 512; at least the base's */
  readonly sizeBytes: number;
  /** whose it is: what a backend makes beside the file is in the ledger under this name */
  readonly owner: ResourceOwner;
  /** owner of the file (and its group of the same number); the daemon's user when undefined */
  readonly uid?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A disk that is about to be kept as it is at one moment. Whatever happens, `settle` MUST be called. */
export interface DiskKeeping {
  /** empty qcow2 disk on the one that there is, which a VMM that has that one open is to go on in; else it stays with it */
  readonly overlayPath: string | undefined;
  /** At the moment, while nobody writes, and a VMM that there is has gone on to the overlay. Short where it can be. */
  take(): Promise<void>;
  /** What is kept is at its place, read-only, when `take` came to its end; otherwise the disk is as it was. */
  settle(): Promise<void>;
}

export interface KeepRequest {
  /** where `locate` says that the disk is */
  readonly path: string;
  /** where its copy is to be, by `locate`; what a base of a new disk can be, with `baseMayGo` */
  readonly copyPath: string;
  /** owner of the disk */
  readonly uid: number | undefined;
}

export interface DiskBackendProbe {
  readonly available: boolean;
  readonly version?: string;
  /** why it is not available */
  readonly reason?: string;
}

/** Makes disks that begin as another one. One backend per way of doing it; which one fits is found by `probe`. */
export abstract class DiskBackend {
  abstract readonly kind: DiskBackendName;
  /** Whether it can make disks here. Really tries, in the state directory; leaves nothing there. */
  abstract probe(): Promise<DiskBackendProbe>;
  /** Where a disk of this name is (`root`), for a VM with this directory. Pure. */
  abstract locate(directory: string, name: string): Disk;
  /**
   * Makes a disk of mode 0600 whose content is the base's until it is written to, and zero behind that.
   * It is there in full when this resolves, and not at all when it rejects. What a killed daemon leaves is next to it,
   * and goes with the next attempt or with the directory.
   * @throws VmResourcesInvalidError when smaller than the base, BaseDiskDamagedError, DiskFullError,
   *   DiskBackendUnavailableError, CancelledError
   */
  abstract create(request: DiskRequest): Promise<void>;
  /** Takes a disk away, with what was made beside it. None is success. */
  abstract remove(path: string): Promise<void>;
  /**
   * Makes a disk that no VMM has open larger: what is in it stays, the rest reads as zeroes. A size that it has already
   * is success; killed half-way it is as it was, or as large as asked, and can be grown again.
   * @throws VmResourcesInvalidError when it would shrink, DiskFullError; ProcessFailedError when a VMM has it open
   */
  abstract grow(path: string, sizeBytes: number): Promise<void>;
  /**
   * Begins to keep a copy of a disk, open in a VMM or not.
   * @throws DiskFullError
   */
  abstract keep(request: KeepRequest): Promise<DiskKeeping>;
  /**
   * Finishes, or undoes, what a daemon that was killed has left of `keep`. Nothing to do is success.
   * @param writtenPath of the file that a VMM has open; undefined when none has
   */
  abstract mend(path: string, writtenPath: string | undefined): Promise<void>;
  /** What a disk of this backend takes on the host for itself, `bytes`: nothing of what it shares with its base. */
  abstract allocatedBytes(path: string): Promise<number>;
}

/** Array token: every backend. */
export const DISK_BACKENDS = Symbol('DISK_BACKENDS');
