import { BangerError } from '../../core/errors/index.js';

export class WorkspaceBranchTakenError extends BangerError<'WORKSPACE_BRANCH_TAKEN'> {
  constructor(facts: { path: string; branch: string; expected?: string; found: string }) {
    const { path, branch, expected, found } = facts;
    super('WORKSPACE_BRANCH_TAKEN', `the branch ${branch} of ${path} is not banger's to move`, {
      details: facts,
      why:
        expected === undefined
          ? `it is there already, at ${found}, and was not made by an export of this VM`
          : `an export left it at ${expected}, and by now it is at ${found}`,
      fix: 'name another one: --branch NAME; or rename what is there: git branch -m',
    });
  }
}

export class WorkspaceBranchCheckedOutError extends BangerError<'WORKSPACE_BRANCH_CHECKED_OUT'> {
  constructor(facts: { path: string; branch: string; worktree: string }) {
    super('WORKSPACE_BRANCH_CHECKED_OUT', `the branch ${facts.branch} of ${facts.path} is checked out`, {
      details: facts,
      why: `${facts.worktree} has it checked out, and its files would no longer be those of the branch`,
      fix: 'check out another one there, or name another one here: --branch NAME',
    });
  }
}

export class WorkspaceTreeDirtyError extends BangerError<'WORKSPACE_TREE_DIRTY'> {
  /** @param files below the top of the repository @param why what is the matter with them */
  constructor(path: string, files: readonly string[], why: string) {
    super('WORKSPACE_TREE_DIRTY', `nothing is merged into ${path} as it is`, {
      details: { path, files: [...files] },
      why: `${why}: ${someOf(files)}`,
      fix: 'commit, stash or move them first, or leave out --merge; nothing was changed',
    });
  }
}

export class WorkspaceMergeConflictError extends BangerError<'WORKSPACE_MERGE_CONFLICT'> {
  /** @param files below the top of the repository */
  constructor(facts: { path: string; into: string; files: readonly string[] }) {
    super('WORKSPACE_MERGE_CONFLICT', `the work cannot be merged into ${facts.into} without conflicts`, {
      details: { ...facts, files: [...facts.files] },
      why: `both sides have changed: ${someOf(facts.files)}`,
      fix: 'export without --merge, and merge the branch yourself; nothing was changed',
    });
  }
}

const SHOWN_FILES = 5;

/** The first of the names, and how many more there are. */
export function someOf(files: readonly string[]): string {
  const shown = files.slice(0, SHOWN_FILES).join(', ');
  return files.length > SHOWN_FILES ? `${shown} and ${files.length - SHOWN_FILES} more` : shown;
}
