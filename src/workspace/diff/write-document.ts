import type { DiffFormat } from '../../contract/index.js';
import { saysDiskFull } from '../../core/errors/index.js';
import { ProcessFailedError } from '../../core/process/index.js';
import type { IncomingLimits } from '../incoming/incoming-limits.js';
import { lastLine } from '../incoming/quarantine.js';
import type { Quarantine } from '../incoming/quarantine.js';
import { WorkspaceDiskFullError, WorkspaceWorkRefusedError } from '../workspace.errors.js';

export interface DocumentTarget {
  /** name of the VM whose work it is, for messages */
  readonly vm: string;
  /** where it is written, in the scratch directory */
  readonly file: string;
  readonly limits: IncomingLimits;
}

/** What `git apply --index` takes, whatever kinds of files there are and whatever their names. */
const PATCH = ['--patch', '--binary', '--full-index', '--find-renames'];
const FORMATS: Readonly<Record<DiffFormat, readonly string[]>> = {
  patch: PATCH,
  stat: ['--stat', '--find-renames'],
  'name-only': ['--name-only'],
};

/**
 * How two trees differ. Nothing that a repository's config or attributes say has a part in it.
 * @param between ids of trees or commits; the first is what the patch can be applied to
 * @throws WorkspaceWorkRefusedError
 */
export async function writeDiff(
  { git }: Quarantine,
  { between, format }: { between: readonly [string, string]; format: DiffFormat },
  target: DocumentTarget,
  signal: AbortSignal,
): Promise<void> {
  const how = ['-r', '--no-color', '--no-ext-diff', '--no-textconv', '--submodule=short', ...FORMATS[format]];
  await bounded(git, ['diff-tree', ...how, `--output=${target.file}`, ...between], target, signal);
}

/**
 * A bundle that brings one branch, to a repository that has the base.
 * @throws WorkspaceWorkRefusedError
 */
export async function writeBundle(
  { git }: Quarantine,
  { branch, tip, base }: { branch: string; tip: string; base: string | undefined },
  target: DocumentTarget,
  signal: AbortSignal,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  await git.run(['update-ref', ref, tip], { signal });
  const args = ['bundle', 'create', '-q', target.file, ref, ...(base === undefined ? [] : [`^${base}`])];
  await bounded(git, args, target, signal);
}

/** A few small trees can name one large file a million times. */
async function bounded(
  git: Quarantine['git'],
  args: readonly string[],
  { vm, file, limits }: DocumentTarget,
  signal: AbortSignal,
): Promise<void> {
  try {
    await git.program('prlimit', [`--fsize=${limits.packBytes}`, 'git', '--no-pager', ...args], { signal });
  } catch (error) {
    if (!(error instanceof ProcessFailedError)) throw error;
    // Not the guest's fault.
    if (saysDiskFull(error.details.stderrTail)) throw new WorkspaceDiskFullError(file, error);
    const reason =
      error.details.exitCode === null ? 'to write it down takes too much space or time' : lastLine(error);
    throw new WorkspaceWorkRefusedError(vm, reason, error);
  }
}
