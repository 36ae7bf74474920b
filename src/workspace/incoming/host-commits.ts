import { hostFailure } from '../repository/host-failure.js';
import type { Repository } from '../repository/repository-finder.js';

/** Enough that hardly anything travels twice; few enough for a guest to look up in no time. */
const MAX_COMMITS = 512;

/** The newest tips of the host's branches and tags, besides the commits given. A guest leaves out what they lead to. */
export async function hostCommits(
  { git, top }: Repository,
  given: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<string[]> {
  const args = ['for-each-ref', `--count=${MAX_COMMITS}`, '--sort=-committerdate'];
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname)';
  const listed = await git
    .run([...args, format, 'refs/heads', 'refs/tags', 'refs/remotes'], { signal })
    .catch((error: unknown) => {
      throw hostFailure(error, top);
    });
  const ids = new Set(given.filter((id) => id !== undefined));
  for (const line of listed.toString('latin1').split('\n')) {
    const [type, id, peeledType, peeled] = line.split(' ');
    if (type === 'commit' && id !== undefined) ids.add(id);
    if (peeledType === 'commit' && peeled !== undefined) ids.add(peeled);
  }
  return [...ids];
}
