import { isDev } from './layer-merger.js';
import type { DevicePolicy } from './layer-merger.js';
import { RootTree } from './root-tree.js';
import { isDevice, Kind } from './tar-entry.js';

export interface ListedName {
  /** below the root, which is `.` */
  readonly path: Buffer;
  readonly inode: number;
  /** path of the same inode's first name; undefined: this is the first */
  readonly firstPath: Buffer | undefined;
}

const SLASH = Buffer.from('/');
const ROOT_PATH = Buffer.from('.');

/**
 * Every name of the tree that goes into the archive: directories before what is in them, else in the order in which
 * layers brought them, so that data is read from its layers nearly from front to back. What is in /dev is left out.
 */
export function* listTree(tree: RootTree, devices: DevicePolicy): Generator<ListedName> {
  const depths: Buffer[] = [];
  let path = ROOT_PATH;
  let name: number = RootTree.ROOT;
  for (;;) {
    const inode = tree.inode(name);
    const kind = tree.inodes.kind(inode);
    if (devices === 'keep' || !isDevice(kind)) yield { path, inode, firstPath: firstPathOf(tree, name) };
    const child = kind === Kind.directory && !isDev(tree, name) ? tree.firstChild(name) : 0;
    if (child === 0) {
      while (name !== RootTree.ROOT) {
        const next = tree.nextChild(name);
        if (next !== 0) {
          name = next;
          break;
        }
        name = tree.parent(name);
        depths.pop();
      }
      if (name === RootTree.ROOT) return;
    } else {
      depths.push(name === RootTree.ROOT ? EMPTY : Buffer.concat([path, SLASH]));
      name = child;
    }
    path = Buffer.concat([depths.at(-1) ?? EMPTY, tree.bytesOf(name)]);
  }
}

const EMPTY = Buffer.alloc(0);

function firstPathOf(tree: RootTree, name: number): Buffer | undefined {
  const inode = tree.inode(name);
  const first = tree.inodes.firstName(inode);
  if (first === name) return undefined;
  if (first === 0) {
    tree.inodes.setFirstName(inode, name);
    return undefined;
  }
  return pathOf(tree, first);
}

function pathOf(tree: RootTree, name: number): Buffer {
  const names: Buffer[] = [];
  for (let at = name; at !== RootTree.ROOT; at = tree.parent(at)) names.unshift(tree.bytesOf(at));
  return Buffer.concat(names.flatMap((one, index) => (index === 0 ? [one] : [SLASH, one])));
}
