/** A file system in a file, to be read in any order. */
export interface DiskReader {
  /** `bytes` */
  readonly size: number;
  /** Exactly so many bytes from there. @throws Ext4Fault when there are not so many */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export abstract class Disks {
  abstract open(path: string): Promise<DiskReader>;
}
