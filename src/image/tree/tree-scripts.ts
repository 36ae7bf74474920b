/**
 * What is done with a tree by root of its user namespace, to whom its owners are what they will be in the guest.
 * Constant texts; what varies comes as arguments, never by putting a value into a text.
 */

/** TREE ARCHIVE: unpacks what is no business of the kernel's. The archive may be - for standard input. */
export const UNPACK = `set -eu
umask 022
tar -C "$1" -p --warning=no-timestamp --numeric-owner --xattrs '--xattrs-include=*' --exclude='./dev/*' -xf "$2"
chmod 755 "$1"
`;

/**
 * TREE OUTPUT ROOTSIZE WORKSIZE: OUTPUT/root.ext4 and OUTPUT/work.ext4, without mounting anything. The latter is what a
 * work disk begins as: the tree's /root alone, with a journal for more than its own size. No more room for tables than
 * mke2fs leaves by itself: with that for 8 TiB the kernel could not grow it (its journal was too small).
 */
export const MAKE_DISKS = `set -eu
tree=$1 output=$2 size=$3 work_size=$4
# links would lead out of the tree
for name in boot root; do
  if [ -L "$tree/$name" ]; then rm "$tree/$name"; fi
  mkdir -p "$tree/$name"
done
rm -f "$tree/boot/vmlinuz"*
draft=$output/draft
mke2fs -q -t ext4 -L bgr-root -m 0 -J size=32 -E lazy_itable_init=0,nodiscard -d "$tree" "$draft" "$size"
# mke2fs reserves what it zeroes (inode tables, journal: 160 MiB); in the copy it is holes
cp --sparse=always "$draft" "$output/root.ext4"
rm "$draft"
mke2fs -q -t ext4 -L bgr-work -b 4096 -I 256 -i 16384 -m 0 -J size=16 -E lazy_itable_init=0,nodiscard -d "$tree/root" "$draft" "$work_size"
cp --sparse=always "$draft" "$output/work.ext4"
rm "$draft"
`;
