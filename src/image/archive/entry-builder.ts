import { ArchiveFault } from './archive-fault.js';
import type { PaxAttributes } from './pax-attributes.js';
import { checkStretches } from './sparse-formats.js';
import type { GnuSparseMap } from './sparse-formats.js';
import type { SparseMap } from './sparse-map.js';
import type { EntryKind, TarEntry } from './tar-entry.js';
import { isDevice, Kind } from './tar-entry.js';
import type { TarHeader } from './tar-header.js';

/** What stood before an entry's header and is about it. */
export interface EntryExtras {
  readonly pax: PaxAttributes;
  /** of GNU tar's long names */
  readonly longName: Buffer | undefined;
  readonly longLinkTarget: Buffer | undefined;
}

/** What its map is, where it is no map of a pax header */
export interface SparseMaps {
  readonly gnu: GnuSparseMap | undefined;
  readonly inData: SparseMap | undefined;
}

/** Where the entry's data is in the archive; `bytes` */
export interface EntryData {
  readonly offset: number;
  /** with a map that stands before the data */
  readonly bytes: number;
}

const SLASH = 0x2f;
/** `7` is a contiguous file, `S` a sparse one. */
const KINDS: Readonly<Record<string, EntryKind>> = {
  '0': Kind.file,
  '1': Kind.hardLink,
  '2': Kind.symbolicLink,
  '3': Kind.characterDevice,
  '4': Kind.blockDevice,
  '5': Kind.directory,
  '6': Kind.fifo,
  '7': Kind.file,
  S: Kind.file,
};

export function nameOf(header: TarHeader, extras: EntryExtras): Buffer {
  const { pax } = extras;
  return pax.bytes('GNU.sparse.name') ?? pax.bytes('path') ?? extras.longName ?? header.name;
}

/** `bytes` of data after the header: what its size says, of all that are not links, devices, directories and fifos */
export function dataBytes(header: TarHeader, extras: EntryExtras): number {
  if ('123456'.includes(header.type)) return 0;
  const bytes = extras.pax.number('size') ?? header.number('size');
  if (bytes < 0) throw new ArchiveFault('has a negative size');
  return bytes;
}

/** @throws ArchiveFault */
export function buildEntry(
  header: TarHeader,
  extras: EntryExtras,
  data: EntryData,
  maps: SparseMaps,
): TarEntry {
  const { pax } = extras;
  const name = nameOf(header, extras);
  const kind = kindOf(header, name);
  const time = pax.mtime ?? { seconds: header.number('mtime'), nanoseconds: 0 };
  return {
    name,
    kind,
    mode: header.number('mode') & 0o7777,
    uid: pax.number('uid') ?? header.number('uid'),
    gid: pax.number('gid') ?? header.number('gid'),
    mtimeSeconds: time.seconds,
    mtimeNanoseconds: time.nanoseconds,
    linkTarget: pax.bytes('linkpath') ?? extras.longLinkTarget ?? header.linkTarget,
    xattrs: pax.xattrs,
    ...(kind === Kind.file ? contentOf(pax, data, maps) : NO_CONTENT),
    ...(isDevice(kind) ? { major: header.number('major'), minor: header.number('minor') } : NO_DEVICE),
  };
}

type Content = Pick<TarEntry, 'bytes' | 'dataOffset' | 'storedBytes' | 'stretches'>;

const NO_CONTENT: Content = { bytes: 0, dataOffset: 0, storedBytes: 0, stretches: undefined };
const NO_DEVICE = { major: 0, minor: 0 };

function contentOf(pax: PaxAttributes, data: EntryData, { gnu, inData }: SparseMaps): Content {
  const mapBytes = inData?.mapBytes ?? 0;
  const storedBytes = data.bytes - mapBytes;
  const dataOffset = data.offset + mapBytes;
  const stretches = gnu?.stretches ?? inData?.stretches ?? pax.stretches;
  if (stretches === undefined) return { bytes: storedBytes, dataOffset, storedBytes, stretches };
  const bytes = gnu?.realBytes ?? pax.realBytes ?? 0;
  checkStretches(stretches, { realBytes: bytes, storedBytes });
  return { bytes, dataOffset, storedBytes, stretches };
}

function kindOf(header: TarHeader, name: Buffer): EntryKind {
  const kind = KINDS[header.type];
  if (kind === undefined) throw new ArchiveFault('is of a type that is not known', name);
  return header.isOld && name.at(-1) === SLASH ? Kind.directory : kind;
}
