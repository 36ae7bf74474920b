import type { VmWorkspaceView } from '../../contract/index.js';
import { displayPath } from '../git/git-listing.js';
import type { Snapshot } from '../repository/repository-snapshot.js';
import type { HeadFacts, Repository } from '../repository/repository-finder.js';

const BRANCH_PREFIX = 'refs/heads/';
const SHOWN_NAMES = 5;

/**
 * @param base directory of the guest below which the repository comes to lie: `/root`
 * @param workingDirectory as planned before; follows from the subdirectory that was asked for when left out
 */
export function workspaceView(
  { top, subdirectory }: Repository,
  head: HeadFacts,
  base: string,
  workingDirectory?: string,
): VmWorkspaceView {
  const guestPath = `${base}/${guestName(top)}`;
  return {
    hostPath: top,
    guestPath,
    mode: 'shallow',
    workingDirectory: workingDirectory ?? (subdirectory === '' ? guestPath : `${guestPath}/${subdirectory}`),
    ...(head.commit !== undefined && { head: head.commit }),
    ...(head.ref?.startsWith(BRANCH_PREFIX) === true && { branch: head.ref.slice(BRANCH_PREFIX.length) }),
  };
}

/** The repository's own name, without what a terminal would choke on. */
function guestName(top: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  return top.slice(top.lastIndexOf('/') + 1).replaceAll(/[\u0000-\u001f\u007f]/g, '_') || 'workspace';
}

/** What the user should know about the copy that the guest has. */
export function importWarnings(
  snapshot: Snapshot,
  { filters, unread, partial }: { filters: readonly string[]; unread: readonly string[]; partial: boolean },
): string[] {
  const warnings: string[] = [];
  const say = (paths: readonly string[], text: (names: string) => string): void => {
    if (paths.length > 0) warnings.push(text(names(paths)));
  };
  const { index, changes, repositories, lostIntents } = snapshot;
  say(index.submodules.map(displayPath), (all) => `the content of submodules is not imported: ${all}`);
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
