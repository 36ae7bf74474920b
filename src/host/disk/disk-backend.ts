export type DiskFormat = 'raw' | 'qcow2';

export interface OverlayRequest {
  /** disk that the overlay stands on; never written */
  readonly basePath: string;
  readonly baseFormat: DiskFormat;
  /** file to make; it must not exist */
  readonly path: string;
  /** size that the guest sees, `bytes`, a multiple of 512; at least the base's */
  readonly sizeBytes: number;
  /** owner of the file (and its group of the same number); the daemon's user when undefined */
  readonly uid?: number | undefined;
}

export interface DiskBackendProbe {
  readonly available: boolean;
  readonly version?: string;
  /** why it is not available */
  readonly reason?: string;
}

/** Makes copy-on-write disks. One backend per way of doing it; which one fits is found by `probe`. */
export abstract class DiskBackend {
  abstract readonly kind: string;
  /** format of the disks it makes */
  abstract readonly format: DiskFormat;
  abstract probe(): Promise<DiskBackendProbe>;
  /**
   * Makes a disk of mode 0600 whose content is the base's until it is written to.
   * The file is there in full when this resolves, and not at all when it rejects.
   * @throws VmResourcesInvalidError when smaller than the base, BaseDiskDamagedError, DiskFullError
   */
  abstract createOverlay(request: OverlayRequest): Promise<void>;
  /**
   * Makes a disk that no VMM has open larger: what is in it stays, the rest reads as zeroes. A size that it has already
   * is success; killed half-way it is as it was, or as large as asked, and can be grown again.
   * @throws VmResourcesInvalidError when it would shrink, DiskFullError; ProcessFailedError when a VMM has it open
   */
  abstract grow(path: string, sizeBytes: number): Promise<void>;
  /** What a disk of this backend really takes on the host, `bytes`. */
  abstract allocatedBytes(path: string): Promise<number>;
}
