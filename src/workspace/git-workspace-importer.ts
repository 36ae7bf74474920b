import { Inject, Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceSource } from '../contract/index.js';
import { BangerError, CancelledError } from '../core/errors/index.js';
import { ProcessFailedError } from '../core/process/index.js';
import { SshConnectError } from '../core/ssh/index.js';
import type { SshConnection } from '../core/ssh/index.js';
import { WorkspaceImporter } from '../vm/index.js';
import type { ImportProgress, WorkspacePlan } from '../vm/index.js';
import { parseConfig, parseUntracked } from './git-listing.js';
import type { Git } from './git.js';
import { filterDrivers, guestConfig, guestSparseConfig, withoutFilters } from './guest-config.js';
import { guestScript } from './guest-script.js';
import { writeGuestBlobs, writePack } from './import-pack.js';
import { RepositoryFinder } from './repository-finder.js';
import type { Repository } from './repository-finder.js';
import { takeSnapshot } from './repository-snapshot.js';
import { sendPack } from './send-pack.js';
import type { GuestOutcome } from './send-pack.js';
import { WorkspaceFiles } from './workspace-files.adapter.js';
import { WorkspaceImportFailedError } from './workspace.errors.js';
import { importWarnings, workspaceView } from './workspace-view.js';

/** Directory of the guest in which repositories come to lie. */
export const GUEST_BASE = Symbol('GUEST_BASE');

/** `bytes` for what git keeps besides objects, and the file system for directories */
const OVERHEAD_BYTES = 4 * 1024 * 1024;

@Injectable()
export class GitWorkspaceImporter extends WorkspaceImporter {
  constructor(
    private readonly finder: RepositoryFinder,
    private readonly files: WorkspaceFiles,
    @Inject(GUEST_BASE) private readonly guestBase: string,
  ) {
    super();
  }

  async inspect({ path }: WorkspaceSource, signal: AbortSignal): Promise<WorkspacePlan> {
    const repository = await this.finder.find(path, signal);
    const head = await this.finder.head(repository, signal);
    const listed = await repository.git.run(['ls-files', '-z', '-c', '-o', '--exclude-standard'], { signal });
    const names = [...new Set<string>(parseUntracked(listed).files)];
    const worktreeBytes = await this.files.diskUsage(repository.top, names);
    // Twice: once checked out, once as objects, which may not compress.
    const estimatedBytes = 2 * worktreeBytes + OVERHEAD_BYTES;
    return { view: workspaceView(repository, head, this.guestBase), estimatedBytes, warnings: [] };
  }

  async import(
    { view: planned }: WorkspacePlan,
    ssh: SshConnection,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<VmWorkspaceView & { warnings: string[] }> {
    const repository = await this.finder.find(planned.hostPath, signal);
    const scratch = await this.files.makeScratch(repository.git.user);
    try {
      return await this.#transfer(repository, scratch, { planned, ssh, step, signal });
    } catch (error) {
      throw translate(error, repository.top, signal);
    } finally {
      // As the owner: what the owner can write into must not be deleted by root, who would follow them anywhere.
      const never = new AbortController().signal;
      await repository.git.program('rm', ['-rf', '--', scratch], { signal: never }).catch(() => undefined);
    }
  }

  async #transfer(
    repository: Repository,
    scratch: string,
    { planned, ssh, step, signal }: Transfer,
  ): Promise<VmWorkspaceView & { warnings: string[] }> {
    step.detail('reading the repository');
    const { git, config, filters } = await this.#prepareGit(repository, scratch, signal);
    const head = await this.finder.head(repository, signal);
    const snapshot = await takeSnapshot(git, repository.objectFormat, signal);
    const blobs = await writeGuestBlobs(git, repository, { snapshot, config }, signal);
    const packed = await writePack(git, scratch, { head, snapshot, blobs }, signal);
    const view = workspaceView(repository, head, this.guestBase, planned.workingDirectory);
    const pack = await this.files.openPack(packed.path, git.user);
    const script = guestScript({
      target: view.guestPath,
      workingDirectory: view.workingDirectory,
      requiredBytes: pack.bytes + OVERHEAD_BYTES,
      objectFormat: repository.objectFormat,
      shallow: packed.shallow,
      worktreeTree: snapshot.worktreeTree,
      indexTree: snapshot.indexTree,
      config: guestConfig(config, attributesConfig(blobs.globalAttributes, view.guestPath)),
      sparseConfig: guestSparseConfig(config),
      blobs,
      ...(head.commit !== undefined && { head: head.commit }),
      ...(head.ref !== undefined && { symbolicHead: head.ref }),
    });
    requireSuccess(await sendPack(ssh, script, pack, step, signal), repository.top);
    return Object.assign(view, { warnings: importWarnings(snapshot, filters) });
  }

  /** git with a copy of the index, objects of its own on top of the repository's, and no filters. */
  async #prepareGit(
    { git, gitDirectory, commonDirectory }: Repository,
    scratch: string,
    signal: AbortSignal,
  ): Promise<{ git: Git; config: Map<string, string>; filters: string[] }> {
    const index = `${scratch}/index`;
    if (await this.files.exists(`${gitDirectory}/index`)) {
      // With its time: entries that changed as late as the index was written are found out by it.
      await git.program('cp', ['--preserve=timestamps', '--', `${gitDirectory}/index`, index], { signal });
    }
    await git.program('mkdir', ['-p', '--', `${scratch}/objects/pack`, `${scratch}/objects/info`], {
      signal,
    });
    const config = parseConfig(await git.run(['config', '--list', '-z'], { signal }));
    const filters = filterDrivers(config);
    const environment = {
      GIT_INDEX_FILE: index,
      GIT_OBJECT_DIRECTORY: `${scratch}/objects`,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(`${commonDirectory}/objects`),
    };
    return { git: git.with({ environment, config: withoutFilters(filters) }), config, filters };
  }
}

interface Transfer {
  readonly planned: VmWorkspaceView;
  readonly ssh: SshConnection;
  readonly step: ImportProgress;
  readonly signal: AbortSignal;
}

function attributesConfig(blob: string | undefined, guestPath: string): Record<string, string> {
  return blob === undefined ? {} : { 'core.attributesfile': `${guestPath}/.git/info/attributes-of-host` };
}

/** The variable is a list with ":" between; git reads C-style quotes in it. */
function alternate(path: string): string {
  if (!/[:"\n\\]/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function requireSuccess({ exit, step, stderrTail }: GuestOutcome, path: string): void {
  if (exit.exitCode === 0) return;
  if (exit.cutOff === true) throw new SshConnectError('lost', 'the guest');
  const fix = step === 'check-disk' ? 'give the VM a larger disk: --disk' : undefined;
  throw new WorkspaceImportFailedError({ path, step, stderrTail, ...(fix !== undefined && { fix }) });
}

function translate(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    return reason instanceof BangerError ? reason : new CancelledError('the import of the repository');
  }
  if (!(error instanceof ProcessFailedError)) return error;
  const { file, args, stderrTail } = error.details;
  const step = file === 'git' ? `git ${args.find((word) => !word.startsWith('-')) ?? ''}` : file;
  return new WorkspaceImportFailedError({ path, step, stderrTail, cause: error });
}
