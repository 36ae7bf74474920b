import type { SavedMemory } from '../saving/saved-memory.js';

/** What a VM was at one moment: disks, and memory if it ran; as its manifest has it. JSON. */
export interface Snapshot {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  readonly imageId: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly workDiskMib?: number;
  readonly diskBackend: string;
  /** names of its disks, and of what they stand on, each in its directory */
  readonly disks: readonly string[];
  /** left out where only the disks were kept */
  readonly memory?: SavedMemory;
}

/** Names within a snapshot's directory; the disks are called as their backend calls them. */
export const SNAPSHOT_FILES = { memory: 'memory', state: 'state', manifest: 'manifest.json' } as const;
