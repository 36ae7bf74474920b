import type { WorkspaceFileView } from '../../contract/index.js';
import { displayPath } from '../git/git-listing.js';
import type { BytePath } from '../git/git-listing.js';
import { combine } from './file-changes.js';
import type { CommittedChange, UncommittedChange } from './file-changes.js';
import { STATUS_END, STATUS_MAGIC } from './status-script.js';

/** What a guest says of its repository. */
export interface GuestStatus {
  readonly head?: string;
  /** without refs/heads/ */
  readonly branch?: string;
  readonly commitsAhead: number;
  readonly files: WorkspaceFileView[];
  readonly truncated: boolean;
}

/** Files that are told of. */
const MAX_FILES = 10_000;
/** Characters of a branch's name; git's own limit is that of a file name, below each slash. */
const MAX_BRANCH = 1024;

export class StatusInvalidError extends Error {}

/**
 * @param output of the status script, which a hostile guest may have written; the last record may be cut off
 * @throws StatusInvalidError
 */
export function parseStatus(output: Buffer, idLength: number): GuestStatus {
  const text = output.toString('latin1');
  const header = new RegExp(
    String.raw`^${STATUS_MAGIC}\nhead ([0-9a-f]{${idLength}}|)\nahead (\d{1,9})\n\n`,
  ).exec(text);
  if (header === null) throw new StatusInvalidError('its first lines are not as they should be');
  const [all, head = '', ahead = '0'] = header;
  const records = text.slice(all.length).split('\0');
  // the last one has no NUL
  records.pop();
  const read = readRecords(records);
  const changed = combine(read.committed, read.uncommitted).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const files = changed.slice(0, MAX_FILES).map(({ path, change, uncommitted }) => ({
    path: displayPath(path),
    change,
    // without a commit nothing is committed, also what is not there
    uncommitted: uncommitted || head === '',
  }));
  return {
    ...(head !== '' && { head }),
    ...(read.branch !== undefined && { branch: read.branch }),
    commitsAhead: Number(ahead),
    files,
    truncated: !read.whole || changed.length > files.length,
  };
}

interface Records {
  readonly committed: Map<BytePath, CommittedChange>;
  readonly uncommitted: Map<BytePath, UncommittedChange>;
  branch?: string;
  /** nothing is missing at the end */
  whole: boolean;
}

function readRecords(records: readonly string[]): Records {
  const read: Records = { committed: new Map(), uncommitted: new Map(), whole: false };
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] ?? '';
    if (record === STATUS_END) read.whole = true;
    else if (record.startsWith('# ')) readBranch(record, read);
    else if (record.startsWith(':')) {
      const path = records[(index += 1)];
      if (path !== undefined) read.committed.set(path as BytePath, committedChange(record));
    } else readUncommitted(record, read.uncommitted);
  }
  return read;
}

function readBranch(record: string, read: Records): void {
  const [, name] = /^# branch\.head (.*)$/.exec(record) ?? [];
  if (name === undefined || name === '(detached)' || name.length > MAX_BRANCH) return;
  const named = Buffer.from(name, 'latin1').toString('utf8');
  if (/^[^\p{C}]+$/u.test(named)) read.branch = named;
}

/** @param record `:mode mode id id STATUS` */
function committedChange(record: string): CommittedChange {
  const match = /^:([0-7]{6}) ([0-7]{6}) ([0-9a-f]+) [0-9a-f]+ [A-Z]$/.exec(record);
  if (match === null) throw new StatusInvalidError('it has a change that git would not write');
  const [, baseMode = '', headMode = '', baseId = ''] = match;
  return { base: { mode: baseMode, id: baseId }, headMode };
}

const CHANGED =
  /^1 [.A-Z]([.A-Z]) (?:N\.\.\.|S[.C][.M][.U]) ([0-7]{6}) ([0-7]{6}) ([0-7]{6}) [0-9a-f]+ ([0-9a-f]+) ([^]+)$/;
const UNMERGED = /^u [A-Z]{2} (?:N\.\.\.|S[.C][.M][.U])(?: [0-7]{6}){4}(?: [0-9a-f]+){3} ([^]+)$/;

function readUncommitted(record: string, into: Map<BytePath, UncommittedChange>): void {
  const [, worktree, headMode = '', indexMode = '', mode = '', id = '', path] = CHANGED.exec(record) ?? [];
  if (path !== undefined) {
    const index = worktree === '.' ? { mode: indexMode, id } : undefined;
    into.set(path as BytePath, { kind: 'tracked', headMode, mode, ...(index !== undefined && { index }) });
    return;
  }
  const [, unmerged] = UNMERGED.exec(record) ?? [];
  if (unmerged !== undefined) {
    into.set(unmerged as BytePath, { kind: 'conflicted' });
    return;
  }
  const [, untracked] = /^\? ([^]+)$/.exec(record) ?? [];
  if (untracked === undefined) throw new StatusInvalidError('it has a record that git would not write');
  // A repository inside the repository is none of its files.
  if (!untracked.endsWith('/'))
    into.set(untracked as BytePath, untrackedChange(into.get(untracked as BytePath)));
}

/** After `git rm --cached` a file is told of twice: it is gone from the index, and is there. */
function untrackedChange(before: UncommittedChange | undefined): UncommittedChange {
  if (before?.kind !== 'tracked') return { kind: 'untracked' };
  return { kind: 'tracked', headMode: before.headMode, mode: before.headMode };
}
