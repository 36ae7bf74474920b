import { OutputTooLargeError, ProcessFailedError } from '../../core/process/index.js';
import { alternate } from '../git/alternate.js';
import type { Git } from '../git/git.js';
import type { Repository } from '../repository/repository-finder.js';
import type { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceWorkRefusedError } from '../workspace.errors.js';
import type { IncomingLimits } from './incoming-limits.js';

/**
 * A repository of its own in a scratch directory. It sees the objects of the host's repository; nothing of that one's
 * config, attributes, hooks or refs has a say in it, and it writes nothing but itself. What git may take there is
 * bounded in memory and in processor time, whatever it is asked.
 */
export interface Quarantine {
  readonly repository: Repository;
  /** sees what came, and the host's objects */
  readonly git: Git;
  /** sees what came, and nothing else */
  readonly alone: Git;
  /** `.git` of it */
  readonly directory: string;
  /** the files of packs that came are here */
  readonly packs: string;
}

/** No config but what banger says. */
const NO_CONFIG: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
};

/** @param scratch an empty directory of the repository's owner, but for its `objects` */
export async function makeQuarantine(
  repository: Repository,
  files: WorkspaceFiles,
  { scratch, limits }: { scratch: string; limits: IncomingLimits },
  signal: AbortSignal,
): Promise<Quarantine> {
  const { git, commonDirectory, objectFormat } = repository;
  const directory = `${scratch}/quarantine`;
  const alone = git.with({
    directory: scratch,
    environment: { ...NO_CONFIG, GIT_DIR: directory },
    config: { 'core.attributesFile': '/dev/null', 'core.packedGitWindowSize': '32m' },
    bounds: ['prlimit', `--data=${limits.memoryBytes}`, `--cpu=${limits.cpuSeconds}`, '--core=0'],
  });
  const format = objectFormat === 'sha1' ? [] : [`--object-format=${objectFormat}`];
  await alone.run(['init', '-q', '--bare', '--template=', ...format], { signal });
  // What a shallow clone lacks it lacks here as well.
  if (await files.exists(`${commonDirectory}/shallow`))
    await alone.program('cp', ['--', `${commonDirectory}/shallow`, `${directory}/shallow`], { signal });
  const seeing = alone.with({
    environment: { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(`${commonDirectory}/objects`) },
  });
  return { repository, git: seeing, alone, directory, packs: `${directory}/objects/pack` };
}

/** Sizes of all objects that came: as many as there are, so none is kept. @throws WorkspaceWorkRefusedError */
export async function requireBoundedObjects(
  { alone }: Quarantine,
  vm: string,
  limits: IncomingLimits,
  signal: AbortSignal,
): Promise<void> {
  const { objectBytes: blob, treeBytes: tree, commitBytes: commit } = limits;
  const taken: Readonly<Record<string, number>> = { blob, tree, commit };
  let total = 0;
  let refused: string | undefined;
  const onLine = (line: string, stream: 'stdout' | 'stderr'): void => {
    if (stream !== 'stdout') return;
    const [size, type = ''] = line.split(' ');
    const bytes = Number(size);
    const limit = taken[type] ?? commit;
    total += bytes;
    if (bytes > limit)
      refused ??= `a ${type} of it has ${mebibytes(bytes)} MiB, and ${mebibytes(limit)} are taken`;
  };
  const check = '--batch-check=%(objectsize) %(objecttype)';
  const args = ['cat-file', '--batch-all-objects', '--unordered', check];
  await alone.run(args, { signal, onLine, discardOutput: true, maxOutputBytes: Number.MAX_SAFE_INTEGER });
  if (total > limits.unpackedBytes)
    refused ??= `its objects have ${mebibytes(total)} MiB unpacked, and ${mebibytes(limits.unpackedBytes)} are taken`;
  if (refused !== undefined) throw new WorkspaceWorkRefusedError(vm, refused);
}

/**
 * A few small trees can name more files than any disk holds.
 * @param about.tree or a commit; none where there is nothing
 * @throws WorkspaceWorkRefusedError
 */
export async function requireBoundedTree(
  { git }: Quarantine,
  { vm, tree }: { vm: string; tree: string | undefined },
  limits: IncomingLimits,
  signal: AbortSignal,
): Promise<void> {
  if (tree === undefined) return;
  try {
    await git.run(['ls-tree', '-r', '-z', '--name-only', tree], {
      signal,
      discardOutput: true,
      maxOutputBytes: limits.namesBytes,
    });
  } catch (error) {
    if (!(error instanceof OutputTooLargeError)) throw error;
    throw new WorkspaceWorkRefusedError(
      vm,
      `the names of its files have more than ${mebibytes(limits.namesBytes)} MiB`,
      error,
    );
  }
}

/** All that the commit and the tree lead to is there. @throws WorkspaceWorkRefusedError */
export async function requireConnected(
  { git }: Quarantine,
  { vm, wanted, known }: { vm: string; wanted: readonly string[]; known: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const stdin = Buffer.from([...wanted, ...known.map((id) => `^${id}`), ''].join('\n'));
  try {
    await git.run(['rev-list', '--objects', '--quiet', '--stdin'], { stdin, signal });
  } catch (error) {
    if (!(error instanceof ProcessFailedError)) throw error;
    throw new WorkspaceWorkRefusedError(vm, `objects are missing: ${lastLine(error)}`, error);
  }
}

export function lastLine(error: ProcessFailedError): string {
  return (
    error.details.stderrTail
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^(?:fatal|error): /, '') || error.message
  );
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
