/** What a root file system can come as. Told by its first bytes, whatever it is called. */
export type RootfsFormat = 'ext4' | 'qcow2' | 'squashfs' | 'tar' | 'directory';

/** Enough to tell: the head of an ext4 begins at 1024. */
export const HEAD_BYTES = 4096;

const EXT4_MAGIC_AT = 1024 + 56;
const TAR_MAGIC_AT = 257;
/** tar unpacks these by itself */
const PACKED: readonly string[] = ['1f8b', '28b52ffd', 'fd377a585a00'];

/** undefined when it is none of them. */
export function rootfsFormat(head: Buffer): RootfsFormat | undefined {
  if (head.length > EXT4_MAGIC_AT + 1 && head.readUInt16LE(EXT4_MAGIC_AT) === 0xef53) return 'ext4';
  if (head.toString('latin1', 0, 4) === 'QFI\u00fb') return 'qcow2';
  if (head.toString('latin1', 0, 4) === 'hsqs') return 'squashfs';
  if (head.toString('latin1', TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar') return 'tar';
  return PACKED.some((magic) => head.toString('hex', 0, magic.length / 2) === magic) ? 'tar' : undefined;
}

/** Why a file is none of them, as far as that can be told. */
export function whyNoRootfs(head: Buffer): string {
  if (head.length > 511 && head.readUInt16LE(510) === 0xaa55)
    return 'it is a whole disk with partitions; wanted is the file system of its root partition';
  return 'it is neither ext4, qcow2, squashfs nor a tar archive (as it is, or packed by gzip, zstd or xz)';
}
