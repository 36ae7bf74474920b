/** An entry of a directory, as `debugfs` lists it. */
export interface Ext4Entry {
  readonly inode: number;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** one character a byte; it is the guest's, and is never put into a command */
  readonly name: string;
}

/** Those below belong to the file system itself: its root is 2, its journal 8. */
const FIRST_INODE = 11;
const KINDS: Readonly<Record<number, Ext4Entry['kind']>> = { 4: 'directory', 8: 'file', 10: 'link' };

/**
 * Entries of what `ls -p` prints, one after the other: `/INODE/MODE/UID/GID/NAME/SIZE/`. A name has no slash, whatever
 * else is in it: newlines too. Left out are the directory itself, the one above, and entries of what is deleted.
 */
export function parseListing(text: string): Ext4Entry[] {
  const entries = [...text.matchAll(/\/(\d+)\/(\d{6})\/\d+\/\d+\/([^/]+)\/\d*\/\n/g)];
  return entries
    .map(([, inode, mode, name = '']) => ({
      inode: Number(inode),
      kind: KINDS[Number.parseInt(mode ?? '', 8) >> 12] ?? ('other' as const),
      name,
    }))
    .filter(({ inode, name }) => inode >= FIRST_INODE && name !== '.' && name !== '..');
}
