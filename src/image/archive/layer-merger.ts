import { ArchiveFault } from './archive-fault.js';
import type { ArchiveLimits } from './archive-limits.js';
import { inodeOf } from './entry-inode.js';
import { cleanName, splitName } from './entry-name.js';
import { RootTree } from './root-tree.js';
import { isDevice, Kind } from './tar-entry.js';
import type { TarEntry } from './tar-entry.js';
import { findDirectory, makeDirectory } from './tree-walk.js';

/** What becomes of device nodes: into the archive, left out, or the image is refused. Of /dev nothing is ever kept. */
export type DevicePolicy = 'keep' | 'drop' | 'refuse';

export interface MergeRules {
  readonly limits: ArchiveLimits;
  readonly devices: DevicePolicy;
  /** the highest uid and gid that may occur; every one that Linux has when left out */
  readonly maxId: number | undefined;
}

const WHITEOUT = Buffer.from('.wh.');
const WHITEOUT_META = Buffer.from('.wh..wh.');
const OPAQUE = Buffer.from('.wh..wh..opq');
const DEV = Buffer.from('dev');

/**
 * Merges layers, from the bottom to the top, entry by entry, as `umoci unpack` does it on a disk. Whiteouts hide what
 * lower layers have, wherever they stand in their own layer.
 */
export class LayerMerger {
  readonly tree: RootTree;
  readonly #rules: MergeRules;
  #layer = 0;
  #entries = 0;

  constructor(rules: MergeRules) {
    this.#rules = rules;
    this.tree = new RootTree(rules.limits.maxEntries);
  }

  /** entries of all layers so far */
  get entries(): number {
    return this.#entries;
  }

  beginLayer(layer: number): void {
    this.#layer = layer;
    this.tree.beginLayer(layer);
  }

  /** @throws ArchiveFault that names the entry */
  add(entry: TarEntry): void {
    try {
      this.#entries += 1;
      if (this.#entries > this.#rules.limits.maxEntries)
        throw new ArchiveFault(`is one more than the ${this.#rules.limits.maxEntries} entries allowed`);
      this.#add(entry);
    } catch (error) {
      if (error instanceof ArchiveFault && error.part === undefined)
        throw new ArchiveFault(error.reason, entry.name);
      throw error;
    }
  }

  #add(entry: TarEntry): void {
    const path = cleanName(entry.name);
    const { parent, base } = splitName(path);
    checkNoWhiteout(parent);
    if (startsWith(base, WHITEOUT)) this.#hide(parent, base);
    else if (base.length === 0) this.#replaceRoot(entry);
    else if (entry.kind === Kind.hardLink) this.#link(entry, parent, base);
    else this.#put(entry, parent, base);
  }

  #hide(parent: Buffer, base: Buffer): void {
    const hidden = base.subarray(WHITEOUT.length);
    if (hidden.length === 0 || hidden.equals(ONE_DOT) || hidden.equals(TWO_DOTS))
      throw new ArchiveFault('is a whiteout of nothing');
    const directory = findDirectory(this.tree, parent);
    if (directory === 0) return;
    if (base.equals(OPAQUE)) this.tree.hideLowerChildren(directory);
    // other names with this prefix are notes of aufs to itself
    else if (!startsWith(base, WHITEOUT_META)) {
      const name = this.tree.child(directory, hidden, 0, hidden.length);
      if (name !== 0) this.tree.hideLower(name);
    }
  }

  #replaceRoot(entry: TarEntry): void {
    if (entry.kind !== Kind.directory) throw new ArchiveFault('would take the place of the root directory');
    this.tree.inodes.set(this.tree.inode(RootTree.ROOT), inodeOf(entry, this.#layer, this.#bounds()));
  }

  #put(entry: TarEntry, parent: Buffer, base: Buffer): void {
    const { tree } = this;
    const inode = inodeOf(entry, this.#layer, this.#bounds());
    const directory = makeDirectory(tree, parent);
    if (isDevice(entry.kind) && this.#rules.devices === 'refuse' && !this.#isInDev(directory))
      throw new ArchiveFault('is a device');
    const old = tree.child(directory, base, 0, base.length);
    if (old !== 0 && entry.kind === Kind.directory && tree.kind(old) === Kind.directory) {
      tree.inodes.set(tree.inode(old), inode);
      tree.touch(old);
    } else {
      tree.add(directory, base, { start: 0, end: base.length }, tree.inodes.add(inode));
    }
  }

  /** A hard link is another name of what its target is at this moment, and brings nothing of its own. */
  #link(entry: TarEntry, parent: Buffer, base: Buffer): void {
    const { tree } = this;
    const target = splitName(cleanName(entry.linkTarget));
    const from = findDirectory(tree, target.parent);
    const name = from === 0 ? 0 : tree.child(from, target.base, 0, target.base.length);
    if (target.base.length === 0 || (name !== 0 && tree.kind(name) === Kind.directory))
      throw new ArchiveFault('is a hard link to a directory');
    if (name === 0) throw new ArchiveFault('is a hard link to what is not there');
    const inode = tree.inode(name);
    const directory = makeDirectory(tree, parent);
    const old = tree.child(directory, base, 0, base.length);
    if (old === name) throw new ArchiveFault('is a hard link to itself');
    tree.add(directory, base, { start: 0, end: base.length }, inode);
  }

  #isInDev(directory: number): boolean {
    for (let at = directory; at !== RootTree.ROOT; at = this.tree.parent(at))
      if (isDev(this.tree, at)) return true;
    return false;
  }

  #bounds(): { maxFileBytes: number; maxId: number | undefined } {
    return { maxFileBytes: this.#rules.limits.maxFileBytes, maxId: this.#rules.maxId };
  }
}

const ONE_DOT = Buffer.from('.');
const TWO_DOTS = Buffer.from('..');

/** Whether the name is /dev: a running system fills it itself. */
export function isDev(tree: RootTree, name: number): boolean {
  return tree.parent(name) === RootTree.ROOT && name !== RootTree.ROOT && tree.bytesOf(name).equals(DEV);
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.subarray(0, prefix.length).equals(prefix);
}

function checkNoWhiteout(parent: Buffer): void {
  if (startsWith(parent, WHITEOUT) || parent.includes('/.wh.'))
    throw new ArchiveFault('lies below a whiteout');
}
