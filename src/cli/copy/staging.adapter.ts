import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  utimesSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { STAGING_PREFIX } from '../../contract/copy-archive.js';
import { HostTargetInvalidError } from './copy.errors.js';
import type { Staging } from './host-files.js';
import { takeLock } from './host-lock.adapter.js';
import { refusal } from './target-rules.js';
import type { Found, Placement } from './target-rules.js';

/** names of files are bytes, not text */
type Bytes = Buffer;

const ALL_FOR_OWNER = 0o700;
const PERMISSIONS = 0o7777;

/** Makes the directory; removes those that killed copies of this user have left there. */
export async function stage(into: string): Promise<Staging> {
  await removeLeft(into);
  const name = `${STAGING_PREFIX}${Math.random().toString(36).slice(2, 12)}`;
  const release = await takeLock(into, name);
  const directory = `${into}/${name}`;
  mkdirSync(directory, { mode: ALL_FOR_OWNER });
  return new StagingDirectory(into, directory, release ?? (() => undefined));
}

/** One whose owner lives is locked. */
async function removeLeft(into: string): Promise<void> {
  for (const name of readdirSync(into).filter((entry) => entry.startsWith(STAGING_PREFIX))) {
    const there = lstatOf(Buffer.from(`${into}/${name}`));
    if (there?.isDirectory() !== true || there.uid !== process.getuid?.()) continue;
    const release = await takeLock(into, name);
    if (release === undefined) continue;
    removeTree(`${into}/${name}`);
    release();
  }
}

class StagingDirectory implements Staging {
  constructor(
    private readonly into: string,
    readonly directory: string,
    private readonly release: () => void,
  ) {}

  names(): Bytes[] {
    return readdirSync(this.directory, { encoding: 'buffer' });
  }

  place({ into, as }: Placement, { contents }: { contents: boolean }): void {
    if (as !== undefined && contents) return renameSync(this.directory, `${this.into}/${as}`);
    // what came may have set the directory's own mode
    chmodSync(this.directory, ALL_FOR_OWNER);
    const from = Buffer.from(this.directory);
    const to = Buffer.from(into);
    const moves = this.names().map((name) => ({
      from: within(from, name),
      to: within(to, as === undefined ? name : Buffer.from(as)),
    }));
    const steps = moves.flatMap((move) => plan(move.from, move.to));
    for (const step of steps) (step.merged ? merge : move)(step);
  }

  async remove(): Promise<void> {
    removeTree(this.directory);
    this.release();
  }
}

/** Something that came, and where it goes. */
interface Step {
  readonly from: Bytes;
  readonly to: Bytes;
  /** as it came: what is looked into is opened up for that */
  readonly coming: Stats;
  /** a directory to one that is there, after all that is in it */
  readonly merged: boolean;
}

/** Nothing is moved before all of it is known to have room, in directories that may be written. */
function plan(from: Bytes, to: Bytes): Step[] {
  const coming = lstatSync(from);
  const there = lstatOf(to);
  const refused = refusal(coming.isDirectory(), found(there));
  if (refused !== undefined) throw new HostTargetInvalidError(to.toString(), `${to.toString()} ${refused}`);
  const merged = coming.isDirectory() && there !== undefined;
  if (!merged) return [{ from, to, coming, merged }];
  accessSync(to, constants.W_OK | constants.X_OK);
  if (there.dev !== coming.dev)
    throw new HostTargetInvalidError(to.toString(), `${to.toString()} is another file system`);
  const inside = openedNames(from, coming).flatMap((name) => plan(within(from, name), within(to, name)));
  return [...inside, { from, to, coming, merged }];
}

/** What was in it has gone before. The mode and the time of a directory are its owner's to set. */
function merge({ from, to, coming }: Step): void {
  rmdirSync(from);
  const me = process.geteuid?.();
  if (me !== 0 && lstatSync(to).uid !== me) return;
  chmodSync(to, coming.mode & PERMISSIONS);
  utimesSync(to, coming.atimeMs / 1000, coming.mtimeMs / 1000);
}

/** To another directory only a directory that may be written can go. */
function move({ from, to, coming }: Step): void {
  const mode = coming.mode & PERMISSIONS;
  const closed = coming.isDirectory() && (mode & 0o200) === 0;
  if (closed) chmodSync(from, mode | 0o200);
  renameSync(from, to);
  if (closed) chmodSync(to, mode);
}

/** Their directory is about to go, and has told its mode already. */
function openedNames(directory: Bytes, { mode }: Stats): Bytes[] {
  if ((mode & ALL_FOR_OWNER) !== ALL_FOR_OWNER) chmodSync(directory, (mode & PERMISSIONS) | ALL_FOR_OWNER);
  return readdirSync(directory, { encoding: 'buffer' });
}

export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // directories that their owner may not write
    openUp(Buffer.from(path));
    rmSync(path, { recursive: true, force: true });
  }
}

function openUp(directory: Bytes): void {
  chmodSync(directory, ALL_FOR_OWNER);
  for (const entry of readdirSync(directory, { encoding: 'buffer', withFileTypes: true }))
    if (entry.isDirectory()) openUp(within(directory, entry.name));
}

function within(directory: Bytes, name: Bytes): Bytes {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}

function lstatOf(path: Bytes): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function found(there: Stats | undefined): Found {
  if (there === undefined) return { is: 'nothing', link: false };
  return { is: there.isDirectory() ? 'directory' : 'other', link: there.isSymbolicLink() };
}
