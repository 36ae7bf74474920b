import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView } from '../../contract/index.js';
import type { WorkspacePlan } from '../../vm/index.js';
import { readInfoFiles } from '../repository/info-files.js';
import { isPartialClone, requireFetched } from '../repository/partial-clone.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { takeSnapshot } from '../repository/repository-snapshot.js';
import type { ScratchGit, Snapshot } from '../repository/repository-snapshot.js';
import { ScratchDirectories } from '../repository/scratch-directories.js';
import { prepareScratch } from '../repository/scratch-git.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { guestConfig, guestSparseConfig } from './guest-config.js';
import type { GuestImport } from './guest-script.js';
import { chooseImport } from './import-choice.js';
import type { ImportChoice } from './import-choice.js';
import { planHistory } from './import-history.js';
import type { HostRef, ImportHistory } from './import-history.js';
import { findLacks, writeGuestBlobs, writePack } from './import-pack.js';
import type { PackRequest } from './import-pack.js';
import { packStream } from './pack-stream.js';
import type { Cargo } from './send-pack.js';
import { importWarnings, workspaceView } from './workspace-view.js';
import { withoutUndefined } from '../without-undefined.js';

/** `bytes` for what git keeps besides objects, and the file system for directories */
export const OVERHEAD_BYTES = 4 * 1024 * 1024;
const MAX_SYMBOLIC_REFS = 64;

/** What a guest is told besides what it is sent. */
export type GuestFacts = Omit<GuestImport, 'pack' | 'requiredBytes'>;

/** A repository of the host as it goes into a guest. */
export interface Outgoing {
  readonly repository: Repository;
  readonly git: ScratchGit;
  readonly view: VmWorkspaceView;
  readonly facts: GuestFacts;
  readonly warnings: string[];
  /** commits whose parents do not travel */
  readonly shallow: readonly string[];
  /**
   * Writes what travels. @param haves revisions that need not, each with "^" before it
   * @returns what is to be sent, and what the script is to be told of it
   */
  readonly pack: (haves: readonly string[]) => Promise<{ cargo: Omit<Cargo, 'script'>; facts: GuestImport }>;
}

/** Reads repositories of the host: index and working tree as git would commit them. Nothing of them is written. */
@Injectable()
export class OutgoingRepositories {
  constructor(
    private readonly finder: RepositoryFinder,
    private readonly files: WorkspaceFiles,
    private readonly scratch: ScratchDirectories,
  ) {}

  /** Gives `body` the repository as it is now; what was written for it is removed afterwards. */
  async within<T>(
    repository: Repository,
    plan: Pick<WorkspacePlan, 'source' | 'view'>,
    signal: AbortSignal,
    body: (outgoing: Outgoing) => Promise<T>,
  ): Promise<T> {
    return this.scratch.within(repository.git.user, async (scratch) =>
      body(await this.#read(repository, scratch, plan, signal)),
    );
  }

  async #read(
    repository: Repository,
    scratch: string,
    { source, view: planned }: Pick<WorkspacePlan, 'source' | 'view'>,
    signal: AbortSignal,
  ): Promise<Outgoing> {
    const { depth = 1, includeUntracked = true, exclude = [] } = source;
    const { mode } = planned;
    const has = await this.files.indexFiles(repository.gitDirectory);
    const { git, config, filters } = await prepareScratch(repository, scratch, has, signal);
    const choice = await chooseImport(this.finder, repository, source, signal);
    const { clean, commit } = choice;
    const needed = { path: repository.top, clean, ...(commit !== undefined && { commit }) };
    const partial = isPartialClone(config);
    if (partial) await requireFetched(git.reading, needed, signal);
    const request = { untracked: includeUntracked, exclude, ...(clean && { commit: commit ?? '' }) };
    const [read, history, snapshot] = await Promise.all([
      readInfoFiles(repository, this.files, config, signal),
      planHistory(repository, git, { mode, depth, choice }, signal),
      takeSnapshot(git, request, signal),
    ]);
    // A commit as it is has all its files, whatever the host's checkout leaves out.
    const info = clean ? { ...read, sparse: Buffer.alloc(0) } : read;
    const { blobs, texts } = await writeGuestBlobs(git, { snapshot, info, history }, signal);
    const deep = mode === 'full' || (mode === 'shallow' && depth > 1);
    const lacks = await findLacks(git, { snapshot, commit, deep, partial }, signal);
    const { guestPath, workingDirectory } = planned;
    const view = viewOf(repository, choice, planned);
    const facts = {
      ...treesOf(repository, { choice, history, snapshot }),
      target: guestPath,
      workingDirectory,
      partial: lacks.ofHost || lacks.excluded.length > 0,
      config: guestConfig(config.values, attributesConfig(blobs.globalAttributes, guestPath)),
      sparseConfig: clean ? '' : guestSparseConfig(config.values),
      readonly: view.readonly ?? false,
      blobs,
      texts,
    };
    const told = { ...facts, source: digest(facts) };
    const remarks = { filters, unread: info.unread, partial: lacks.ofHost, guestPath };
    return {
      repository,
      git,
      view,
      facts: told,
      warnings: importWarnings(snapshot, remarks),
      shallow: history.shallow,
      pack: async (haves) => {
        const wanted = { history, snapshot, blobs, lacks, haves };
        return this.#pack(repository, { git, scratch }, { wanted, facts: told }, signal);
      },
    };
  }

  async #pack(
    repository: Repository,
    { git, scratch }: { git: ScratchGit; scratch: string },
    { wanted, facts }: { wanted: PackRequest; facts: GuestFacts },
    signal: AbortSignal,
  ): ReturnType<Outgoing['pack']> {
    const { name, path } = await writePack(git, scratch, wanted, signal);
    const files = [];
    for (const end of ['pack', 'idx'])
      files.push({
        name: `${name}.${end}`,
        ...(await this.files.openPack(`${path}.${end}`, repository.git.user)),
      });
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      cargo: { stream: packStream(files), bytes },
      facts: { ...facts, pack: name, requiredBytes: bytes + OVERHEAD_BYTES },
    };
  }
}

/** As planned, but for the commit and the branch, which are those of this moment. */
function viewOf(repository: Repository, choice: ImportChoice, planned: VmWorkspaceView): VmWorkspaceView {
  const { mode, workingDirectory, guestPath, readonly = false } = planned;
  const place = { base: '', workingDirectory };
  const view = workspaceView(repository, choice, { at: guestPath, mode, readonly }, place);
  const { ownBranch, exclude, includeUntracked } = planned;
  return Object.assign(view, withoutUndefined({ ownBranch, exclude, includeUntracked }));
}

function treesOf(
  { objectFormat }: Repository,
  { choice, history, snapshot }: { choice: ImportChoice; history: ImportHistory; snapshot: Snapshot },
): Pick<
  GuestFacts,
  'objectFormat' | 'worktreeTree' | 'indexTree' | 'head' | 'symbolicHead' | 'symbolicRefs'
> {
  const { worktreeTree, indexTree } = snapshot;
  return {
    objectFormat,
    worktreeTree,
    indexTree,
    ...(history.head !== undefined && { head: history.head }),
    ...(choice.ref !== undefined && { symbolicHead: choice.ref }),
    symbolicRefs: symbolicRefs(history.refs),
  };
}

/** Those whose names can be written in a script. */
function symbolicRefs(refs: readonly HostRef[]): { name: string; target: string }[] {
  const isText = (name: string): boolean => /^refs\/[\u0021-\u007e]+$/.test(name);
  return refs
    .flatMap(({ name, target }) => (target === undefined ? [] : [{ name, target }]))
    .filter(({ name, target }) => isText(name) && isText(target))
    .slice(0, MAX_SYMBOLIC_REFS);
}

function attributesConfig(blob: string | undefined, guestPath: string): Record<string, string> {
  return blob === undefined ? {} : { 'core.attributesfile': `${guestPath}/.git/info/attributes-of-host` };
}

function digest(facts: Omit<GuestFacts, 'source'>): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
