import { ArchiveFault } from './archive-fault.js';
import { MAX_LINKS_FOLLOWED, MAX_PATH_BYTES, MAX_STEPS_OF_PATH } from './archive-limits.js';
import { isDotDot } from './entry-name.js';
import { printableBytes } from './printable-bytes.js';
import { RootTree } from './root-tree.js';
import { Kind } from './tar-entry.js';

const SLASH = 0x2f;
const DOT = 0x2e;
const SEPARATOR = Buffer.from('/');

/** The directory at a path, or 0. Symbolic links on the way are followed, and end in the root like all that `..` leaves. */
export function findDirectory(tree: RootTree, path: Buffer): number {
  return walk(tree, path, false);
}

/**
 * The same for something of the present layer that is to be put there: what is missing is made.
 * @throws ArchiveFault when something on the way is no directory, or links lead in circles
 */
export function makeDirectory(tree: RootTree, path: Buffer): number {
  return walk(tree, path, true);
}

function walk(tree: RootTree, path: Buffer, makes: boolean): number {
  let directory = RootTree.ROOT;
  let rest = path;
  let followed = 0;
  let steps = 0;
  for (let at = 0, end = 0; at < rest.length; at = end + 1) {
    tree.countStep();
    steps += 1;
    if (steps > MAX_STEPS_OF_PATH) throw tooFar();
    const slash = rest.indexOf(SLASH, at);
    end = slash === -1 ? rest.length : slash;
    if (end === at || (end === at + 1 && rest[at] === DOT)) continue;
    if (isDotDot(rest, at, end)) {
      directory = tree.parent(directory);
      continue;
    }
    const found = tree.child(directory, rest, at, end);
    if (found === 0 && !makes) return 0;
    const name = found === 0 ? tree.addImplicit(directory, rest, { start: at, end }) : found;
    const kind = tree.kind(name);
    if (kind === Kind.symbolicLink) {
      followed += 1;
      const target = tree.inodes.linkTarget(tree.inode(name));
      rest = follow(target, rest.subarray(end + 1), followed);
      if (target[0] === SLASH) directory = RootTree.ROOT;
      end = -1;
      continue;
    }
    if (kind !== Kind.directory) return notADirectory(rest.subarray(0, end), makes);
    if (makes) tree.touch(name);
    directory = name;
  }
  return directory;
}

function follow(target: Buffer, rest: Buffer, followed: number): Buffer {
  const path = Buffer.concat([target, SEPARATOR, rest]);
  if (followed > MAX_LINKS_FOLLOWED || path.length > 2 * MAX_PATH_BYTES) throw tooFar();
  return path;
}

function tooFar(): ArchiveFault {
  return new ArchiveFault('lies below symbolic links that lead in circles, or too far');
}

function notADirectory(path: Buffer, makes: boolean): 0 {
  if (makes) throw new ArchiveFault(`lies below ${printableBytes(path)}, which is no directory`);
  return 0;
}
