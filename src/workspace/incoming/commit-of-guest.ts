import type { VmWorkspaceView } from '../../contract/index.js';
import type { Git } from '../git/git.js';
import { writeStandIn } from '../git/stand-in-commit.js';

/** What the guest knows the imported commit as. @param git of a quarantine, where a commit that stands in is written */
export async function commitOfGuest(
  git: Git,
  { head, mode }: Pick<VmWorkspaceView, 'head' | 'mode'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  return head === undefined || mode !== 'metadata' ? head : writeStandIn(git, head, signal);
}
