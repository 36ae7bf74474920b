import type { VmWorkspaceView, WorkspaceSource } from '../../contract/index.js';
import { displayPath } from '../git/git-listing.js';
import { BRANCH_PREFIX } from '../git/ref-names.js';
import type { Snapshot } from '../repository/repository-snapshot.js';
import type { HeadFacts, Repository } from '../repository/repository-finder.js';
import { guestTarget } from './guest-target.js';

const SHOWN_NAMES = 5;

/** What a repository is in the guest. */
export interface GuestPlace {
  /** directory of the guest below which repositories come to lie: `/root` */
  readonly base: string;
  /** as planned before; follows from the subdirectory that was asked for when left out */
  readonly workingDirectory?: string;
}

export function workspaceView(
  { top, subdirectory }: Repository,
  { commit, ref }: HeadFacts,
  { at, mode = 'shallow', readonly, branch, exclude, includeUntracked }: Omit<WorkspaceSource, 'path'>,
  { base, workingDirectory }: GuestPlace,
): VmWorkspaceView {
  const guestPath = at === undefined ? `${base}/${guestName(top)}` : guestTarget(base, at);
  return {
    hostPath: top,
    guestPath,
    mode,
    workingDirectory: workingDirectory ?? (subdirectory === '' ? guestPath : `${guestPath}/${subdirectory}`),
    ...(commit !== undefined && { head: commit }),
    ...(ref?.startsWith(BRANCH_PREFIX) === true && { branch: ref.slice(BRANCH_PREFIX.length) }),
    ...(readonly === true && { readonly }),
    ...(branch !== undefined && { ownBranch: true }),
    ...(exclude !== undefined && exclude.length > 0 && { exclude }),
    ...(includeUntracked !== undefined && { includeUntracked }),
  };
}

/** The repository's own name, without what a terminal would choke on. */
function guestName(top: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  return top.slice(top.lastIndexOf('/') + 1).replaceAll(/[\u0000-\u001f\u007f]/g, '_') || 'workspace';
}

export interface ImportRemarks {
  /** filter drivers that are not run */
  readonly filters: readonly string[];
  /** what names a file and was not read */
  readonly unread: readonly string[];
  /** the host's repository lacks objects itself */
  readonly partial: boolean;
  readonly guestPath: string;
}

/** What the user should know about the copy that the guest has. */
export function importWarnings(
  snapshot: Snapshot,
  { filters, unread, partial, guestPath }: ImportRemarks,
): string[] {
  const warnings: string[] = [];
  const say = (paths: readonly string[], text: (names: string) => string): void => {
    if (paths.length > 0) warnings.push(text(names(paths)));
  };
  const { index, changes, repositories, lostIntents } = snapshot;
  say(
    index.submodules.map(displayPath),
    (all) =>
      `the content of submodules is not imported: ${all}; bring one in by itself: banger workspace prepare VM ${guestPath.slice(guestPath.lastIndexOf('/') + 1)}/SUBMODULE --at ${guestPath}/SUBMODULE`,
  );
  say(
    changes.changedSubmodules.map(displayPath),
    (all) => `git status differs in the guest for submodules with another commit checked out: ${all}`,
  );
  say(
    repositories.map(displayPath),
    (all) => `repositories inside the repository are imported as empty ones: ${all}`,
  );
  say(
    lostIntents.map(displayPath),
    (all) => `added by git add -N and deleted since, missing from the guest's index: ${all}`,
  );
  const named = filters.map((filter) => filter || '(the one without a name)');
  say(named, (all) => `filters are not run, so that files come as git stores them: ${all}`);
  say(unread, (all) => `not read, since it could lead to any file of the host: ${all}`);
  if (partial) {
    warnings.push(
      'what this partial clone has not fetched is missing in the guest, and cannot be checked out there',
    );
  }
  if (index.unmergedPaths.size > 0) {
    warnings.push('conflicts are imported as they are, but the merge cannot be concluded in the guest');
  }
  return warnings;
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name).slice(1, -1));
  return all.length > SHOWN_NAMES
    ? `${shown.join(', ')} and ${all.length - SHOWN_NAMES} more`
    : shown.join(', ');
}
