import { ProcessFailedError } from '../../core/process/index.js';
import { alternate } from '../git/alternate.js';
import { displayPath, toBytes } from '../git/git-listing.js';
import type { BytePath } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import type { Quarantine } from '../incoming/quarantine.js';
import { prepareScratch } from '../repository/scratch-git.js';
import type { PreparedGit } from '../repository/scratch-git.js';
import type { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceRepositoryUnusableError } from '../workspace.errors.js';
import { WorkspaceTreeDirtyError } from './export.errors.js';
import { differing, names, requireOutOfTheWay } from './in-the-way.js';
import type { MergePlan } from './merge-plan.js';

/** Files of git's while something is under way; of the working tree's own git directory. */
const UNDER_WAY: Readonly<Record<string, string>> = {
  MERGE_HEAD: 'a merge',
  CHERRY_PICK_HEAD: 'a cherry-pick',
  REVERT_HEAD: 'a revert',
  'rebase-merge': 'a rebase',
  'rebase-apply': 'a rebase',
  sequencer: 'a sequence of commits',
  BISECT_LOG: 'a bisection',
};

/** How the host's checkout is brought to another commit. */
export interface CheckoutPlan extends MergePlan {
  /** commit or tree that index and files are at before */
  readonly files: string;
  /** index and files are there already: an export was cut off before HEAD was moved */
  readonly onlyHead: boolean;
  /** filter drivers that are not run */
  readonly filters: readonly string[];
  readonly warnings: readonly string[];
}

/** What the host has checked out, as far as a merge is concerned. What is asked is asked of a copy of the index. */
export class HostCheckout {
  private constructor(
    private readonly quarantine: Quarantine,
    private readonly files: WorkspaceFiles,
    private readonly reading: Git,
    private readonly filters: readonly string[],
  ) {}

  /** @param scratch directory of the quarantine */
  static async open(
    quarantine: Quarantine,
    files: WorkspaceFiles,
    scratch: string,
    signal: AbortSignal,
  ): Promise<HostCheckout> {
    const { repository, directory } = quarantine;
    const { gitDirectory, commonDirectory } = repository;
    await requireAtRest(quarantine, files);
    const has = await files.indexFiles(gitDirectory);
    const { git, filters }: PreparedGit = await prepareScratch(repository, scratch, has, signal);
    const objects = [`${commonDirectory}/objects`, `${directory}/objects`].map(alternate).join(':');
    const reading = git.reading.with({ environment: { GIT_ALTERNATE_OBJECT_DIRECTORIES: objects } });
    return new HostCheckout(quarantine, files, reading, filters);
  }

  /** Everything that could refuse the merge is asked before anything is written. @throws WorkspaceTreeDirtyError */
  async prepare(merge: MergePlan, signal: AbortSignal): Promise<CheckoutPlan> {
    const from = merge.from ?? (await this.#emptyTree(signal));
    const plan = { ...merge, files: from, filters: this.filters };
    // Its status says no more than what is asked next.
    await this.reading.query(['update-index', '-q', '--refresh'], signal);
    const dirty = await this.#changedFiles(signal);
    if (merge.kind === 'none') return { ...plan, onlyHead: false, warnings: [] };
    if (dirty.length > 0 && (await this.#isAt(merge.commit, signal)))
      return { ...plan, onlyHead: true, warnings: [] };
    const { top } = this.quarantine.repository;
    if (dirty.length > 0) throw new WorkspaceTreeDirtyError(top, dirty, 'changed and not committed');
    await this.#requireRoom(from, merge.commit, signal);
    return { ...plan, onlyHead: false, warnings: await this.#filtered(from, merge.commit, signal) };
  }

  /** Tracked files that are not as HEAD has them. */
  async #changedFiles(signal: AbortSignal): Promise<string[]> {
    const args = ['status', '--porcelain', '-z', '--untracked-files=no', '--no-renames'];
    const listed = await this.reading.run([...args, '--ignore-submodules=dirty'], { signal });
    return names(listed).map((entry) => displayPath(entry.slice('XY '.length) as BytePath));
  }

  async #isAt(commit: string, signal: AbortSignal): Promise<boolean> {
    const staged = await this.reading.query(['diff-index', '--cached', '--quiet', commit, '--'], signal);
    if (staged === undefined) return false;
    return (
      (await this.reading.query(['diff-files', '--quiet', '--ignore-submodules=dirty'], signal)) !== undefined
    );
  }

  /** Untracked files in the way; also those that git ignores, and would overwrite. */
  async #requireRoom(from: string, commit: string, signal: AbortSignal): Promise<void> {
    const { top } = this.quarantine.repository;
    await requireOutOfTheWay({ git: this.reading, top }, this.files, { from, commit }, signal);
    try {
      await this.reading.run(['read-tree', '-m', '-u', '-n', '--no-recurse-submodules', from, commit], {
        signal,
      });
    } catch (error) {
      if (!(error instanceof ProcessFailedError)) throw error;
      const said = [...error.details.stderrTail.matchAll(/'([^'\n]+)'/g)].map(([, name = '']) => name);
      if (said.length === 0) throw error;
      throw new WorkspaceTreeDirtyError(top, said, 'in the way');
    }
  }

  /** Files that change, and have a filter that the repository's config names. */
  async #filtered(from: string, commit: string, signal: AbortSignal): Promise<string[]> {
    if (this.filters.length === 0) return [];
    const changed = await differing(this.reading, { from, commit }, 'd', signal);
    const stdin = toBytes(changed);
    const asked = await this.reading.run(['check-attr', '-z', '--stdin', 'filter'], { stdin, signal });
    const fields = names(asked);
    const found = changed.filter((_path, index) => this.filters.includes(fields[3 * index + 2] ?? ''));
    if (found.length === 0) return [];
    const shown = found.slice(0, 5).map(displayPath).join(', ');
    const more = found.length > 5 ? ` and ${found.length - 5} more` : '';
    return [`filters are not run, so that files are as git stores them: ${shown}${more}`];
  }

  async #emptyTree(signal: AbortSignal): Promise<string> {
    const made = await this.quarantine.git.run(['hash-object', '-t', 'tree', '--stdin'], {
      stdin: Buffer.alloc(0),
      signal,
    });
    return made.toString('latin1').trim();
  }
}

/** No other git is at work on it, and none was left half-way. */
async function requireAtRest(
  { repository: { top, gitDirectory } }: Quarantine,
  files: WorkspaceFiles,
): Promise<void> {
  if (await files.exists(`${gitDirectory}/index.lock`))
    throw new WorkspaceRepositoryUnusableError(top, `${gitDirectory}/index.lock is there`, {
      fix: 'wait for the other git that is at work there; where none is, one has died: remove that file',
    });
  for (const [name, what] of Object.entries(UNDER_WAY))
    if (await files.exists(`${gitDirectory}/${name}`))
      throw new WorkspaceTreeDirtyError(top, [`.git/${name}`], `${what} is under way there`);
}
