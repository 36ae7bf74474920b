import type { MachineFit } from '../saving/machine-fits.js';
import type { FileFacts } from '../saving/saved-files.adapter.js';

/** All that a saved machine and one that goes on from it must have alike. JSON. */
export interface TemplateShape extends MachineFit {
  readonly imageId: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly diskMib: number;
  /** none when undefined */
  readonly workDiskMib?: number;
  readonly diskBackend: string;
}

/** The same text for the same shape. */
export function keyOf(shape: TemplateShape): string {
  return JSON.stringify(Object.entries(shape).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Whether it was made for the same VMs, and cannot be used for them here. One of another accelerator is none of these: KVM
 * comes and goes.
 */
export function isOutdated(older: TemplateShape, shape: TemplateShape): boolean {
  const { hypervisor, version, layout, processor } = shape;
  return (
    keyOf(older) !== keyOf(shape) &&
    keyOf({ ...older, hypervisor, version, layout, processor }) === keyOf(shape)
  );
}

/** A saved machine of an image's system that has just booted; as its manifest has it. JSON. */
export interface Template {
  readonly version: 1;
  readonly id: string;
  readonly shape: TemplateShape;
  /** waits in it for who it is to be */
  readonly adopter: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  /** what its files take on the host, `bytes` */
  readonly allocatedBytes: number;
  /** by name within its directory */
  readonly files: Readonly<Record<string, FileFacts>>;
}

/** Names within a template's directory; the disks are called as their backend calls them. */
export const TEMPLATE_FILES = { memory: 'memory', state: 'state', manifest: 'manifest.json' } as const;
