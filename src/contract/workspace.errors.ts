import type { ErrorCategory } from './error-category.js';
import type { FileIssue } from './file-issue.js';

/** Of repositories in VMs, and of project files. */
export interface WorkspaceErrorDetails {
  PROJECT_FILE_INVALID: { file: string; issues: FileIssue[] };
  /** `exitCode` of what ran in the guest */
  PROJECT_STEP_FAILED: {
    file: string;
    step: 'files' | 'setup';
    exitCode: number | null;
    outputTail: string;
  };
  WORKSPACE_NOT_A_REPOSITORY: { path: string };
  WORKSPACE_PATH_INVALID: { path: string; reason: string };
  WORKSPACE_IMPORT_FAILED: { path: string; step: string; stderrTail: string };
  /** `at`: the one that was asked for; `available`: directories in the guest */
  WORKSPACE_NOT_FOUND: { vm: string; at?: string; available: string[] };
  WORKSPACE_AMBIGUOUS: { vm: string; available: string[] };
  /** `path`: in the guest */
  WORKSPACE_TARGET_TAKEN: { vm: string; path: string };
  /** work in the guest that would be lost; `files`: what is not committed */
  WORKSPACE_HAS_WORK: { vm: string; path: string; commits: number; files: string[] };
  /** what the guest sent is not what a repository may hold, or is too large */
  WORKSPACE_WORK_REFUSED: { vm: string; reason: string };
  WORKSPACE_WORK_UNREADABLE: { vm: string; path: string; step: string; stderrTail: string };
  /** the host's repository, as it is, takes no work */
  WORKSPACE_REPOSITORY_UNUSABLE: { path: string; reason: string };
  /** `expected`: what banger left it at; absent when banger did not make it */
  WORKSPACE_BRANCH_TAKEN: { path: string; branch: string; expected?: string; found: string };
  /** `worktree`: working tree that has it checked out */
  WORKSPACE_BRANCH_CHECKED_OUT: { path: string; branch: string; worktree: string };
  WORKSPACE_TREE_DIRTY: { path: string; files: string[] };
  WORKSPACE_MERGE_CONFLICT: { path: string; into: string; files: string[] };
  /** a bundle of nothing was asked for */
  WORKSPACE_NO_WORK: { vm: string; path: string };
  /** two VMs were to be compared whose repositories are not the same */
  WORKSPACE_UNRELATED: { vms: string[]; paths: string[] };
}

export const WORKSPACE_ERRORS: Readonly<Record<keyof WorkspaceErrorDetails, ErrorCategory>> = {
  PROJECT_FILE_INVALID: 'invalid',
  PROJECT_STEP_FAILED: 'external',
  WORKSPACE_NOT_A_REPOSITORY: 'invalid',
  WORKSPACE_PATH_INVALID: 'invalid',
  WORKSPACE_IMPORT_FAILED: 'external',
  WORKSPACE_NOT_FOUND: 'not-found',
  WORKSPACE_AMBIGUOUS: 'conflict',
  WORKSPACE_TARGET_TAKEN: 'conflict',
  WORKSPACE_HAS_WORK: 'conflict',
  WORKSPACE_WORK_REFUSED: 'external',
  WORKSPACE_WORK_UNREADABLE: 'external',
  WORKSPACE_REPOSITORY_UNUSABLE: 'conflict',
  WORKSPACE_BRANCH_TAKEN: 'conflict',
  WORKSPACE_BRANCH_CHECKED_OUT: 'conflict',
  WORKSPACE_TREE_DIRTY: 'conflict',
  WORKSPACE_MERGE_CONFLICT: 'conflict',
  WORKSPACE_NO_WORK: 'conflict',
  WORKSPACE_UNRELATED: 'conflict',
};
