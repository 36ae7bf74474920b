import type { ProcessIdentity } from '../../core/process/index.js';

/** Something of banger's on this host that no VM's record and no entry of the ledger accounts for. */
export interface Leftover {
  readonly kind: 'process' | 'directory' | 'file';
  /** its path; the pid of a process */
  readonly key: string;
  /** the VM that its name speaks of */
  readonly vmId: string;
  /** allocated on the disk, or resident in memory for a process; `bytes` */
  readonly sizeBytes: number;
  /** `ms` since it was last changed, or since the process was started */
  readonly ageMs: number;
  /** set for a process */
  readonly process?: ProcessIdentity;
}
