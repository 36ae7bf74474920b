import type { SparseStretch } from './sparse-map.js';

/** What an entry is; the values are the digits of the format. */
export const Kind = {
  file: 0,
  hardLink: 1,
  symbolicLink: 2,
  characterDevice: 3,
  blockDevice: 4,
  directory: 5,
  fifo: 6,
} as const;

export type EntryKind = (typeof Kind)[keyof typeof Kind];

export function isDevice(kind: EntryKind): boolean {
  return kind === Kind.characterDevice || kind === Kind.blockDevice;
}

/** An entry as an archive has it: nothing but its form is checked. Names are any bytes. */
export interface TarEntry {
  readonly name: Buffer;
  readonly kind: EntryKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** `s` since 1970, rounded down, with `nanoseconds` to add */
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** apparent size; `bytes` */
  readonly bytes: number;
  /** where its data begins in the archive, without a sparse file's map; `bytes` */
  readonly dataOffset: number;
  /** what the archive has of its data; `bytes` */
  readonly storedBytes: number;
  readonly linkTarget: Buffer;
  /** by name, as latin1 text */
  readonly xattrs: ReadonlyMap<string, Buffer>;
  readonly major: number;
  readonly minor: number;
  /** only of a sparse file */
  readonly stretches: readonly SparseStretch[] | undefined;
}
