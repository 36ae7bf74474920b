import type { ErrorCategory } from './error-category.js';

export type CopySide = 'host' | 'guest';

export type VmResource = 'cpus' | 'memory' | 'disk' | 'work-disk';

/** Of VMs: their life, copies from and to them, saved memory and snapshots. */
export interface VmErrorDetails {
  VM_NOT_FOUND: { vm: string };
  VM_AMBIGUOUS: { vm: string; matches: string[] };
  VM_NAME_TAKEN: { name: string };
  VM_BUSY: { vm: string; operation: string; operationId?: string };
  VM_WRONG_STATE: { vm: string; state: string; allowed: string[] };
  VM_RESOURCES_INVALID: { resource: VmResource; requested: number; min: number; max: number };
  /** settings that are not possible together */
  VM_SETTINGS_CONFLICT: { settings: string[] };
  VM_BOOT_FAILED: { vm: string; stage: string; consoleTail: string };
  /** what it keeps on the disk cannot be used any more */
  VM_DAMAGED: { vm: string; reason: string };
  VM_GUEST_UNREACHABLE: { vm: string; channel: 'agent' | 'ssh' };
  /**
   * `portConflict`: a host port that it was to forward was taken by another program; `outOfMemory`: the kernel killed
   * it for lack of memory
   */
  VMM_FAILED: {
    exitCode: number | null;
    signal: string | null;
    stderrTail: string;
    portConflict?: boolean;
    outOfMemory?: 'certain' | 'probable';
    consoleTail?: string;
  };
  VMM_PROTOCOL: { command: string; reason: string };

  COPY_SOURCE_NOT_FOUND: { path: string; side: CopySide };
  COPY_TARGET_INVALID: { path: string; side: CopySide; reason: string };
  /** another copy to the same file is under way */
  COPY_TARGET_BUSY: { path: string; side: CopySide };
  /** what the other side sent is nothing that may be put there */
  COPY_REFUSED: { reason: string };
  COPY_FAILED: { step: string; command: string; stderrTail: string };
  /** a file system of the guest's */
  VM_DISK_FULL: { vm: string; path: string };

  /** `reason`: damaged, or saved where something was another */
  SAVED_MEMORY_UNUSABLE: { vm: string; reason: string };
  SNAPSHOT_NOT_FOUND: { vm: string; snapshot: string; available: string[] };
  SNAPSHOT_NAME_TAKEN: { vm: string; snapshot: string };
  SNAPSHOT_DAMAGED: { vm: string; snapshot: string; reason: string };
}

export const VM_ERRORS: Readonly<Record<keyof VmErrorDetails, ErrorCategory>> = {
  VM_NOT_FOUND: 'not-found',
  VM_AMBIGUOUS: 'conflict',
  VM_NAME_TAKEN: 'conflict',
  VM_BUSY: 'conflict',
  VM_WRONG_STATE: 'conflict',
  VM_RESOURCES_INVALID: 'invalid',
  VM_SETTINGS_CONFLICT: 'invalid',
  VM_BOOT_FAILED: 'timeout',
  VM_DAMAGED: 'host',
  VM_GUEST_UNREACHABLE: 'timeout',
  VMM_FAILED: 'host',
  VMM_PROTOCOL: 'internal',

  COPY_SOURCE_NOT_FOUND: 'not-found',
  COPY_TARGET_INVALID: 'invalid',
  COPY_TARGET_BUSY: 'conflict',
  COPY_REFUSED: 'external',
  COPY_FAILED: 'external',
  VM_DISK_FULL: 'exhausted',

  SAVED_MEMORY_UNUSABLE: 'host',
  SNAPSHOT_NOT_FOUND: 'not-found',
  SNAPSHOT_NAME_TAKEN: 'conflict',
  SNAPSHOT_DAMAGED: 'host',
};
