/** How much an image may hold. */
export interface ArchiveLimits {
  /** `bytes` of all layers together, uncompressed */
  readonly maxBytes: number;
  /** of all layers together, with the directories that no layer lists */
  readonly maxEntries: number;
  /** `bytes`; apparent size of one file, so with its holes */
  readonly maxFileBytes: number;
}

/** `bytes` of a path, its components and a link's target: what Linux takes, without the NUL. */
export const MAX_PATH_BYTES = 4095;
export const MAX_NAME_BYTES = 255;
/** `bytes` of all extended attributes of an entry, and so of the headers that carry them */
export const MAX_PAX_BYTES = 1024 * 1024;
/** `bytes` of the value of one extended attribute: what Linux takes */
export const MAX_XATTR_VALUE_BYTES = 65_536;
/** stretches of one sparse file */
export const MAX_STRETCHES = 250_000;
/** `bytes` of names, link targets, attributes and maps of all entries, which are kept in memory */
export const MAX_METADATA_BYTES = 128 * 1024 * 1024;
/**
 * Steps of looking up names in the tree, for each entry allowed: the bound on what chains of symbolic links, and names
 * that collide in the hash table, can cost an image. Entries twenty directories deep take most of it.
 */
export const LOOKUP_STEPS_PER_ENTRY = 50;
export const MIN_LOOKUP_STEPS = 10_000;
/** steps on the way to one entry: twice of what the longest path has without links */
export const MAX_STEPS_OF_PATH = 4096;
/** symbolic links followed on the way to one entry, as in the kernel */
export const MAX_LINKS_FOLLOWED = 40;
