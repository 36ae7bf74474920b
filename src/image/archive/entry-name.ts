import { ArchiveFault } from './archive-fault.js';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from './archive-limits.js';

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * The name of an entry, or of a hard link's target, as a path below the root: without slashes at its ends, components
 * that are empty, and `.`; empty is the root itself.
 * @throws ArchiveFault when it is no name, too long, or has `..` in it, even where that would stay below the root
 */
export function cleanName(name: Buffer): Buffer {
  if (name.length === 0) throw new ArchiveFault('has no name');
  if (name.includes(0)) throw new ArchiveFault('has a name with a NUL in it');
  if (name.length > MAX_PATH_BYTES) throw new ArchiveFault(`has a name of ${name.length} bytes`);
  return cleanComponents(trim(name));
}

/** Without `./` or `/` at its beginning, and `/` at its end: all that most names need. */
function trim(name: Buffer): Buffer {
  let start = 0;
  if (name[0] === DOT && name[1] === SLASH) start = 2;
  else if (name[0] === SLASH) start = 1;
  return name.subarray(start, name.length - (name.length > start && name.at(-1) === SLASH ? 1 : 0));
}

function cleanComponents(name: Buffer): Buffer {
  let isClean = true;
  for (let start = 0, end = 0; start <= name.length; start = end + 1) {
    end = componentEnd(name, start);
    if (isSkipped(name, start, end)) isClean = false;
    else checkComponent(name, start, end);
  }
  return isClean ? name : withoutSkipped(name);
}

function componentEnd(name: Buffer, start: number): number {
  let end = start;
  while (end < name.length && name[end] !== SLASH) end += 1;
  return end;
}

function isSkipped(name: Buffer, start: number, end: number): boolean {
  return end === start || (end === start + 1 && name[start] === DOT);
}

function checkComponent(name: Buffer, start: number, end: number): void {
  if (isDotDot(name, start, end)) throw new ArchiveFault('has “..” in its name');
  if (end - start > MAX_NAME_BYTES)
    throw new ArchiveFault(`has a name with a component of ${end - start} bytes`);
}

function withoutSkipped(name: Buffer): Buffer {
  const kept = Buffer.allocUnsafe(name.length);
  let length = 0;
  for (let start = 0, end = 0; start < name.length; start = end + 1) {
    end = componentEnd(name, start);
    if (isSkipped(name, start, end)) continue;
    if (length > 0) kept[length++] = SLASH;
    length += name.copy(kept, length, start, end);
  }
  return kept.subarray(0, length);
}

export function isDotDot(bytes: Buffer, start: number, end: number): boolean {
  return end === start + 2 && bytes[start] === DOT && bytes[start + 1] === DOT;
}

/** `parent` is empty where the name is right below the root. */
export function splitName(path: Buffer): { parent: Buffer; base: Buffer } {
  const slash = path.lastIndexOf(SLASH);
  return { parent: path.subarray(0, Math.max(slash, 0)), base: path.subarray(slash + 1) };
}
