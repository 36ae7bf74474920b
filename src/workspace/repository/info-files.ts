import type { Config } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import type { Repository } from './repository-finder.js';
import type { WorkspaceFiles } from './workspace-files.adapter.js';

/** `bytes` of an exclude or attributes file; more is no such file */
const MAX_INFO_BYTES = 4 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** Files besides config that `git status` goes by. Empty where there is none. */
export interface InfoFiles {
  readonly exclude: Buffer;
  readonly attributes: Buffer;
  readonly globalAttributes: Buffer;
  readonly sparse: Buffer;
  /** what names a file and was not followed: whoever made the repository could have meant any file of the host */
  readonly unread: readonly string[];
}

export async function readInfoFiles(
  { git, commonDirectory, gitDirectory }: Repository,
  files: WorkspaceFiles,
  config: Config,
  signal: AbortSignal,
): Promise<InfoFiles> {
  const unread: string[] = [];
  const read = (path: string): Promise<Buffer> => readAsOwner(git, files, path, signal);
  const readNamed = async (key: string, fallback: string): Promise<Buffer> => {
    const path = configPath(git, config.values.get(key), fallback);
    if (path === '') return NOTHING;
    if (!config.ofRepository.has(key) && path.startsWith('/')) return read(path);
    unread.push(key);
    return NOTHING;
  };
  const readInfo = async (directory: string, name: string): Promise<Buffer> => {
    const state = await stateOfInfo(files, `${directory}/info`, name);
    if (state === 'readable') return read(`${directory}/info/${name}`);
    if (state === 'misleading') unread.push(`info/${name}`);
    return NOTHING;
  };
  const [ownExcludes, exclude, attributes, globalAttributes, sparse] = await Promise.all([
    readNamed('core.excludesfile', 'ignore'),
    readInfo(commonDirectory, 'exclude'),
    readInfo(commonDirectory, 'attributes'),
    readNamed('core.attributesfile', 'attributes'),
    config.values.get('core.sparsecheckout') === 'true' ? readInfo(gitDirectory, 'sparse-checkout') : NOTHING,
  ]);
  // The repository's patterns outrank the owner's: within one file the later ones win.
  return { exclude: joinLines(ownExcludes, exclude), attributes, globalAttributes, sparse, unread };
}

/** A link in a `.git` can lead to a private file of the owner, which the owner's own program may read. */
async function stateOfInfo(
  files: WorkspaceFiles,
  directory: string,
  name: string,
): Promise<'missing' | 'readable' | 'misleading'> {
  const file = await files.kindOf(`${directory}/${name}`);
  if (file === undefined) return 'missing';
  return file === 'file' && (await files.kindOf(directory)) === 'directory' ? 'readable' : 'misleading';
}

function configPath({ user }: Git, value: string | undefined, fallback: string): string {
  if (value === undefined) return `${user.home}/.config/git/${fallback}`;
  return value.startsWith('~/') ? `${user.home}/${value.slice(2)}` : value;
}

/** By a program with the owner's rights: a link to a file that only root may read must not reach the guest. */
async function readAsOwner(
  git: Git,
  files: WorkspaceFiles,
  path: string,
  signal: AbortSignal,
): Promise<Buffer> {
  if (!(await files.exists(path))) return NOTHING;
  try {
    const { stdout } = await git.program('head', ['-c', String(MAX_INFO_BYTES), '--', path], { signal });
    return stdout;
  } catch {
    // Missing, or not the owner's to read: then it says nothing to git either.
    signal.throwIfAborted();
    return NOTHING;
  }
}

function joinLines(first: Buffer, second: Buffer): Buffer {
  return first.length === 0 ? second : Buffer.concat([first, Buffer.from('\n'), second]);
}
