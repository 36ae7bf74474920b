import type { Git } from '../git/git.js';

/** Id of the tree without files, in the object format of the repository. */
export async function emptyTree(git: Git, signal: AbortSignal): Promise<string> {
  const made = await git.run(['hash-object', '-t', 'tree', '--stdin'], { stdin: Buffer.alloc(0), signal });
  return made.toString('latin1').trim();
}
