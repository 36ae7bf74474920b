import type { ErrorCategory } from './error-category.js';

/** Of the machine underneath. */
export interface HostErrorDetails {
  HOST_BINARY_MISSING: { binary: string; packageName: string };
  HOST_UNSUPPORTED: { reason: string };
  HOST_PORT_EXHAUSTED: { from: number; to: number };
  HOST_UID_EXHAUSTED: { from: number; to: number };
  /** a port of the host; `vm`: the VM that has it, when it is one of ours */
  PORT_TAKEN: { address: string; port: number; protocol: string; vm?: string };
  PORT_UNUSABLE: { address: string; port: number; protocol: string; reason: string };
  DISK_FULL: { path: string };
  /** `MiB`: what VMs may have together, what those that there are have, and what was asked for */
  HOST_MEMORY_EXHAUSTED: { limitMib: number; takenMib: number; requestedMib: number };
  /** `backend`: the one wanted; absent when any would have done */
  DISK_BACKEND_UNAVAILABLE: { backend?: string; reasons: string[] };
  /** `path`: file of a VM's disk */
  VM_DISK_MISSING: { vm: string; path: string };
}

export const HOST_ERRORS: Readonly<Record<keyof HostErrorDetails, ErrorCategory>> = {
  HOST_BINARY_MISSING: 'host',
  HOST_UNSUPPORTED: 'host',
  HOST_PORT_EXHAUSTED: 'exhausted',
  HOST_UID_EXHAUSTED: 'exhausted',
  PORT_TAKEN: 'conflict',
  PORT_UNUSABLE: 'invalid',
  DISK_FULL: 'exhausted',
  HOST_MEMORY_EXHAUSTED: 'exhausted',
  DISK_BACKEND_UNAVAILABLE: 'host',
  VM_DISK_MISSING: 'host',
};
