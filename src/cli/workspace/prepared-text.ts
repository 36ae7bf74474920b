import type { WorkspacePrepareView } from '../../contract/workspace.dto.js';

const SHORT_ID = 12;

/** What is where now, in a line: `/home/ada/shop (main, 1f2e3d4c5b6a) is in web at /root/shop`. */
export function preparedText({ vm, workspace, unchanged }: WorkspacePrepareView): string {
  const { hostPath, guestPath, branch, head } = workspace;
  const what = [
    branch ?? (head === undefined ? undefined : 'no branch'),
    head?.slice(0, SHORT_ID) ?? 'no commit',
  ];
  const facts = what.filter((fact) => fact !== undefined).join(', ');
  return `${hostPath} (${facts}) is in ${vm} at ${guestPath}${unchanged ? ', as it was already' : ''}\n`;
}

/** Where the guest's work is that was in the way; no line when there was none. */
export function savedText({ workspace, savedBranch, stashed }: WorkspacePrepareView): string[] {
  const { guestPath } = workspace;
  return [
    ...(savedBranch === undefined
      ? []
      : [`the commits made in ${guestPath} are on its branch ${savedBranch}`]),
    ...(stashed === true ? [`what was not committed in ${guestPath} is in its stash: git stash list`] : []),
  ];
}
