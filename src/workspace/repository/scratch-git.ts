import { parseConfig } from '../git/git-listing.js';
import type { Config } from '../git/git-listing.js';
import { alternate } from '../git/alternate.js';
import type { Git } from '../git/git.js';
import { filterDrivers, withoutFilters } from '../import/guest-config.js';
import type { Repository } from './repository-finder.js';
import type { ScratchGit } from './repository-snapshot.js';
import { WorkspacePathInvalidError } from '../workspace.errors.js';

export interface PreparedGit {
  readonly git: ScratchGit;
  readonly config: Config;
  /** filter drivers that are not run */
  readonly filters: readonly string[];
}

/** Makes the scratch directory a place where git can work on the repository's files without touching it. */
export async function prepareScratch(
  repository: Repository,
  scratch: string,
  has: { index: boolean; sharedIndexes: readonly string[] },
  signal: AbortSignal,
): Promise<PreparedGit> {
  const { git, gitDirectory, commonDirectory, objectFormat } = repository;
  const index = `${scratch}/index`;
  if (has.index) {
    // With its time: entries that changed as late as the index was written are found out by it.
    await git.program('cp', ['--preserve=timestamps', '--', `${gitDirectory}/index`, index], { signal });
  }
  const objects = `${scratch}/objects`;
  const config = await readConfig(git, signal);
  const filters = filtersToSwitchOff(config, repository);
  const writing = git.with({
    environment: { GIT_INDEX_FILE: index, GIT_OBJECT_DIRECTORY: objects },
    config: withoutFilters(filters),
  });
  const alternates = alternate(`${commonDirectory}/objects`);
  const reading = writing.with({ environment: { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates } });
  if (has.sharedIndexes.length > 0) await joinSplitIndex(repository, scratch, has.sharedIndexes, signal);
  return {
    git: { reading, writing, objects, idLength: objectFormat === 'sha256' ? 64 : 40 },
    config,
    filters,
  };
}

export async function readConfig(git: Git, signal: AbortSignal): Promise<Config> {
  return parseConfig(await git.run(['config', '--list', '-z', '--show-scope'], { signal }));
}

/** @throws WorkspacePathInvalidError for a name that no environment can carry, so that its filter would run */
export function filtersToSwitchOff({ values }: Config, { top }: Repository): string[] {
  const filters = filterDrivers(values);
  if (!filters.some((name) => name.includes('\uFFFD'))) return filters;
  throw new WorkspacePathInvalidError(top, 'its config has a filter whose name is not UTF-8', {
    fix: 'take that filter out of the config of git, or give it another name: git config --list --show-origin',
  });
}

/**
 * Makes the copy of a split index whole. git sets the time of the shared part each time it reads it, and looks for it
 * beside HEAD: so it gets a git directory of its own, as a linked working tree has one.
 */
async function joinSplitIndex(
  repository: Repository,
  scratch: string,
  sharedIndexes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { git, top, gitDirectory, commonDirectory } = repository;
  const directory = `${scratch}/git`;
  await git.program('mkdir', ['--', directory], { signal });
  const files = ['HEAD', ...sharedIndexes].map((name) => `${gitDirectory}/${name}`);
  await git.program('cp', ['--preserve=timestamps', '--', ...files, directory], { signal });
  await git.program('tee', ['--', `${directory}/commondir`], { stdin: commonDirectory, signal });
  const environment = { GIT_DIR: directory, GIT_WORK_TREE: top, GIT_INDEX_FILE: `${scratch}/index` };
  const joining = git.with({ environment });
  // Asked once more: config can be conditional on the git directory. To write an index is to read late entries again.
  const filters = filtersToSwitchOff(await readConfig(joining, signal), repository);
  await joining
    .with({ config: withoutFilters(filters) })
    .run(['update-index', '--no-split-index', '--force-write-index'], { signal });
}
