import type { GuestState } from './guest-state.js';

/** What would be lost of a guest's work. */
export interface GuestWork {
  /** of the commit that is checked out, or of the branch that is to be set */
  readonly commits: boolean;
  /** of the index or of files */
  readonly uncommitted: boolean;
}

/** @param landed whether the host has a commit in one of its branches or tags, or in what is checked out; or the tree of one */
export function findWork(state: GuestState, landed: (id: string) => boolean): GuestWork {
  const { is, recorded, headTree, target } = state;
  const imported = recorded?.is.head ?? '';
  const isSafe = (id: string): boolean => id === '' || id === imported || landed(id);
  const isAtImport = recorded !== undefined && is.head === recorded.is.head;
  const [index, tree] = isAtImport ? [recorded.is.index, recorded.is.tree] : [headTree, headTree];
  const isKept = (id: string, known: string): boolean => id === known || landed(id);
  return {
    commits: !isSafe(is.head) || !isSafe(target),
    uncommitted: !isKept(is.index, index) || !isKept(is.tree, tree),
  };
}
