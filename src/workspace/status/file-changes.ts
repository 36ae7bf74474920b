import type { WorkspaceFileView } from '../../contract/index.js';
import type { BytePath } from '../git/git-listing.js';

/** mode and id of a file in a tree or the index */
interface Entry {
  /** six octal digits, `000000` for none */
  readonly mode: string;
  readonly id: string;
}

/** A file that is not the same in the base and in HEAD. */
export interface CommittedChange {
  readonly base: Entry;
  readonly headMode: string;
}

/** A file that is not as HEAD has it. */
export type UncommittedChange =
  | {
      readonly kind: 'tracked';
      readonly headMode: string;
      /** in the working tree */
      readonly mode: string;
      /** what the index has, where the working tree has the same */
      readonly index?: Entry;
    }
  | { readonly kind: 'untracked' }
  | { readonly kind: 'conflicted' };

type FileChange = Omit<WorkspaceFileView, 'path'> & { path: BytePath };

const NONE = '000000';
const FILE = '100644';
/** what of a mode says whether it is a file, a link or another repository */
const TYPE_DIGITS = 2;

/**
 * Files that are not in the working tree as in the base. A file that was committed and then made what it had been
 * without staging that counts: nobody has looked at its content.
 */
export function combine(
  committed: ReadonlyMap<BytePath, CommittedChange>,
  uncommitted: ReadonlyMap<BytePath, UncommittedChange>,
): FileChange[] {
  const changes: FileChange[] = [];
  for (const path of new Set([...committed.keys(), ...uncommitted.keys()])) {
    const [before, now] = [committed.get(path), uncommitted.get(path)];
    const change = changeOf(before, now);
    if (change !== undefined) changes.push({ path, change, uncommitted: now !== undefined });
  }
  return changes;
}

function changeOf(
  before: CommittedChange | undefined,
  now: UncommittedChange | undefined,
): WorkspaceFileView['change'] | undefined {
  if (now?.kind === 'conflicted') return 'conflicted';
  const [from, to] = modes(before, now);
  return from === to && (from === NONE || isAsBase(before, now)) ? undefined : changeOfMode(from, to);
}

/** in the base, and in the working tree; of a file that is not tracked git does not say more than that it is there */
function modes(
  before: CommittedChange | undefined,
  now: Exclude<UncommittedChange, { kind: 'conflicted' }> | undefined,
): [string, string] {
  const base = before?.base.mode;
  if (now === undefined) return [base ?? NONE, before?.headMode ?? NONE];
  if (now.kind === 'tracked') return [base ?? now.headMode, now.mode];
  return base === undefined || base === NONE ? [NONE, FILE] : [base, base];
}

function changeOfMode(from: string, to: string): WorkspaceFileView['change'] {
  if (from === NONE) return 'added';
  if (to === NONE) return 'deleted';
  return from.slice(0, TYPE_DIGITS) === to.slice(0, TYPE_DIGITS) ? 'modified' : 'type-changed';
}

/** What was committed has been taken back in the index. */
function isAsBase(before: CommittedChange | undefined, now: UncommittedChange | undefined): boolean {
  if (before === undefined || now?.kind !== 'tracked' || now.index === undefined) return false;
  return now.index.id === before.base.id && now.index.mode === before.base.mode;
}
