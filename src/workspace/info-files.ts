import type { Git } from './git.js';
import type { Repository } from './repository-finder.js';
import type { WorkspaceFiles } from './workspace-files.adapter.js';

/** `bytes` of an exclude or attributes file; more is no such file */
const MAX_INFO_BYTES = 4 * 1024 * 1024;

/** Files besides config that `git status` goes by. Empty where there is none. */
export interface InfoFiles {
  readonly exclude: Buffer;
  readonly attributes: Buffer;
  readonly globalAttributes: Buffer;
  readonly sparse: Buffer;
}

export async function readInfoFiles(
  { git, commonDirectory, gitDirectory }: Repository,
  files: WorkspaceFiles,
  config: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<InfoFiles> {
  const read = (path: string): Promise<Buffer> => readAsOwner(git, files, path, signal);
  const [ownExcludes, exclude, attributes, globalAttributes, sparse] = await Promise.all([
    read(configPath(git, config.get('core.excludesfile'), 'ignore')),
    read(`${commonDirectory}/info/exclude`),
    read(`${commonDirectory}/info/attributes`),
    read(configPath(git, config.get('core.attributesfile'), 'attributes')),
    config.get('core.sparsecheckout') === 'true'
      ? read(`${gitDirectory}/info/sparse-checkout`)
      : Buffer.alloc(0),
  ]);
  // The repository's patterns outrank the owner's: within one file the later ones win.
  return { exclude: joinLines(ownExcludes, exclude), attributes, globalAttributes, sparse };
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
  if (!(await files.exists(path))) return Buffer.alloc(0);
  try {
    const { stdout } = await git.program('head', ['-c', String(MAX_INFO_BYTES), '--', path], { signal });
    return stdout;
  } catch {
    // Missing, or not the owner's to read: then it says nothing to git either.
    signal.throwIfAborted();
    return Buffer.alloc(0);
  }
}

function joinLines(first: Buffer, second: Buffer): Buffer {
  return first.length === 0 ? second : Buffer.concat([first, Buffer.from('\n'), second]);
}
