/**
 * What a step changed of a tree, as a file that makes the same change again. By hand from find, join and tar, all as root
 * of the tree's namespace: GNU tar's own increments (--listed-incremental) could not be unpacked again where directories
 * had changed places, and lost hard links to files of renamed directories; found with trees changed at random.
 *
 * A tree is listed as INODE CTIME TYPE PATH, NUL between entries. Whatever happens to a file changes one of them: mode,
 * owner, attributes and links are in its ctime, which no program can set.
 */
const LIST = `LC_ALL=C
export LC_ALL
list() { find "$1" -mindepth 1 -printf '%i %C@ %y %P\\0' | sort -z -t ' ' -k 1,1 > "$2"; }
`;

/** TREE OUTPUT: notes what is there, for the first {@link MAKE_INCREMENT}. */
export const BEGIN_INCREMENTS = `set -eu
${LIST}list "$1" "$2/before"
`;

/**
 * TREE OUTPUT: OUTPUT/increment is what changed since OUTPUT/before, which is what is there now then. It is a tar archive
 * of the paths that are gone, or are of another kind now, and an archive of what is new: all names of a file that has
 * several, and the directories around, for their times.
 */
export const MAKE_INCREMENT = `set -eu
tree=$1 work=$2
${LIST}list "$tree" "$work/after"
cd "$work"
sort -z before > was
sort -z after > is
comm -z -13 was is | cut -z -d ' ' -f 1 | sort -z -u > inodes
join -z -t ' ' inodes after | cut -z -d ' ' -f 4- > touched
{ printf '.\\0'; cat touched; sed -z -n 's,/[^/]*$,,p' touched; } | sort -z -u > paths
cut -z -d ' ' -f 3- was | sort -z > was-kinds
cut -z -d ' ' -f 3- is | sort -z > is-kinds
comm -z -23 was-kinds is-kinds | cut -z -d ' ' -f 2- > deleted
tar -C "$tree" --no-recursion --numeric-owner --xattrs '--xattrs-include=*' --null --verbatim-files-from -T paths -cf changed
zstd -q -1 -f --rm changed -o changed.zst
rm -f increment
tar -cf increment deleted changed.zst
rm changed.zst was is inodes touched paths was-kinds is-kinds
mv after before
`;

/**
 * TREE OUTPUT INCREMENT: makes the change again, in a tree that is as it was before the step. There, what is a directory
 * in the increment is no link, so that no path leads out.
 */
export const APPLY_INCREMENT = `set -eu
tree=$1 work=$2
tar -C "$work" -xf "$3" deleted changed.zst
cd "$tree"
xargs -0 -r rm -rf -- < "$work/deleted"
zstd -q -d -f --rm "$work/changed.zst" -o "$work/changed"
tar -p --numeric-owner --xattrs '--xattrs-include=*' -xf "$work/changed"
rm "$work/changed" "$work/deleted"
`;
