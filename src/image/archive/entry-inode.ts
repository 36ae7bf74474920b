import { ArchiveFault } from './archive-fault.js';
import { MAX_PATH_BYTES } from './archive-limits.js';
import type { Inode } from './inode-table.js';
import { isDevice, Kind } from './tar-entry.js';
import type { TarEntry } from './tar-entry.js';
import { xattrRecords } from './xattr-policy.js';

/** `(uid_t)-1` means "no change" to the kernel: it is nobody's. */
const MAX_ID = 2 ** 32 - 2;
/** `s`; what ext4 can write down: from 1901 to 2446 */
const EARLIEST = -(2 ** 31);
const LATEST = 2 ** 34 - 2 ** 31 - 1;
const MAX_MAJOR = 2 ** 12 - 1;
const MAX_MINOR = 2 ** 20 - 1;

/** @throws ArchiveFault when the entry is what no file of a root file system can be, or larger than allowed */
export function inodeOf(
  entry: TarEntry,
  layer: number,
  limits: { maxFileBytes: number; maxId: number | undefined },
): Inode {
  if (entry.bytes > limits.maxFileBytes)
    throw new ArchiveFault(`has ${entry.bytes} bytes, of the ${limits.maxFileBytes} that a file may have`);
  checkId('user', entry.uid, limits.maxId);
  checkId('group', entry.gid, limits.maxId);
  const isLink = entry.kind === Kind.symbolicLink;
  if (isLink) checkLinkTarget(entry.linkTarget);
  if (isDevice(entry.kind)) checkDevice(entry);
  return {
    kind: entry.kind,
    mode: isLink ? 0o777 : entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    ...clampedTime(entry),
    bytes: entry.kind === Kind.file ? entry.bytes : 0,
    layer,
    dataOffset: entry.dataOffset,
    storedBytes: entry.storedBytes,
    linkTarget: entry.linkTarget,
    xattrs: xattrRecords(entry.xattrs),
    major: entry.major,
    minor: entry.minor,
    stretches: entry.stretches,
  };
}

function checkId(what: string, id: number, maxId = MAX_ID): void {
  if (id < 0 || id > Math.min(maxId, MAX_ID))
    throw new ArchiveFault(
      maxId < MAX_ID
        ? `belongs to the ${what} ${id}: without root, banger can give files to the ids 0 to ${maxId} alone`
        : `belongs to the ${what} ${id}, which Linux does not have`,
    );
}

function checkLinkTarget(target: Buffer): void {
  if (target.length === 0) throw new ArchiveFault('is a symbolic link to nothing');
  if (target.length > MAX_PATH_BYTES)
    throw new ArchiveFault(`is a symbolic link with a target of ${target.length} bytes`);
}

function checkDevice({ major, minor }: TarEntry): void {
  if (major < 0 || major > MAX_MAJOR || minor < 0 || minor > MAX_MINOR)
    throw new ArchiveFault(`is a device with the number ${major}:${minor}, which Linux does not have`);
}

function clampedTime(entry: TarEntry): { mtimeSeconds: number; mtimeNanoseconds: number } {
  if (entry.mtimeSeconds < EARLIEST) return { mtimeSeconds: EARLIEST, mtimeNanoseconds: 0 };
  if (entry.mtimeSeconds > LATEST) return { mtimeSeconds: LATEST, mtimeNanoseconds: 0 };
  return { mtimeSeconds: entry.mtimeSeconds, mtimeNanoseconds: entry.mtimeNanoseconds };
}
