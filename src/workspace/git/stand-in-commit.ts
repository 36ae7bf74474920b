import type { Git } from './git.js';

const NAME = 'banger';
const EMAIL = 'banger@localhost';
const MESSAGE = 'The files as they were imported, without their history\n';

/**
 * What stands for a commit where history is not to be known: a commit of its own with the same files. The same commit
 * always has the same one, so that it need not be written down which one that is.
 * @param git writes it where its objects go
 */
export async function writeStandIn(git: Git, commit: string, signal: AbortSignal): Promise<string> {
  const facts = await git.run(['show', '-s', '--no-show-signature', '--format=%T %ct', commit], { signal });
  const [tree = '', seconds = '0'] = facts.toString('latin1').trim().split(' ');
  const date = `${seconds} +0000`;
  const env = {
    GIT_AUTHOR_NAME: NAME,
    GIT_AUTHOR_EMAIL: EMAIL,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: NAME,
    GIT_COMMITTER_EMAIL: EMAIL,
    GIT_COMMITTER_DATE: date,
  };
  const stdin = Buffer.from(MESSAGE);
  return (await git.run(['commit-tree', tree], { stdin, env, signal })).toString('latin1').trim();
}
