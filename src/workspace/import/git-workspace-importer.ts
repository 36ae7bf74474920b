import { Inject, Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceSource } from '../../contract/index.js';
import { cancellation } from '../../core/errors/index.js';
import { ProcessFailedError } from '../../core/process/index.js';
import { SshConnectError } from '../../core/ssh/index.js';
import type { SshConnection } from '../../core/ssh/index.js';
import { WorkspaceImporter } from '../../vm/index.js';
import type { ImportProgress, WorkspacePlan } from '../../vm/index.js';
import { parseUntracked } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import { guestConfig, guestSparseConfig } from './guest-config.js';
import { guestScript } from './guest-script.js';
import { readInfoFiles } from '../repository/info-files.js';
import { writeGuestBlobs, writePack } from './import-pack.js';
import { requireFetched } from '../repository/partial-clone.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { takeSnapshot } from '../repository/repository-snapshot.js';
import { ScratchDirectories } from '../repository/scratch-directories.js';
import { prepareScratch } from '../repository/scratch-git.js';
import { sendPack } from './send-pack.js';
import type { GuestOutcome } from './send-pack.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceImportFailedError } from '../workspace.errors.js';
import { startBranch } from '../guest/start-branch.js';
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
    private readonly scratch: ScratchDirectories,
    @Inject(GUEST_BASE) private readonly guestBase: string,
  ) {
    super();
  }

  async inspect({ path }: WorkspaceSource, signal: AbortSignal): Promise<WorkspacePlan> {
    const repository = await this.finder.find(path, signal);
    const head = await this.finder.head(repository, signal);
    const names = await this.#listFiles(repository, head.commit, signal);
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
    try {
      const transfer = { planned, ssh, step, signal };
      return await this.scratch.within(repository.git.user, (scratch) =>
        this.#transfer(repository, scratch, transfer),
      );
    } catch (error) {
      throw translate(error, repository.top, signal);
    }
  }

  override startBranch(
    ssh: SshConnection,
    place: { guestPath: string; branch: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    return startBranch(ssh, place, signal);
  }

  /** All files of the working tree that would be imported; latin1. */
  async #listFiles(
    repository: Repository,
    commit: string | undefined,
    signal: AbortSignal,
  ): Promise<string[]> {
    const list = async (git: Git): Promise<string[]> => {
      await requireFetched(git, { path: repository.top, commit }, signal);
      const listed = await git.run(['ls-files', '-z', '-c', '-o', '--exclude-standard'], { signal });
      return [...new Set(parseUntracked(listed).files)];
    };
    const has = await this.files.indexFiles(repository.gitDirectory);
    // Reading a split index in place would set the time of its shared part.
    if (has.sharedIndexes.length === 0) return list(repository.git);
    return this.scratch.within(repository.git.user, async (scratch) =>
      list((await prepareScratch(repository, scratch, has, signal)).git.reading),
    );
  }

  async #transfer(
    repository: Repository,
    scratch: string,
    { planned, ssh, step, signal }: Transfer,
  ): Promise<VmWorkspaceView & { warnings: string[] }> {
    step.detail('reading the repository');
    const has = await this.files.indexFiles(repository.gitDirectory);
    const { git, config, filters } = await prepareScratch(repository, scratch, has, signal);
    const [head, info, snapshot] = await Promise.all([
      this.finder.head(repository, signal),
      readInfoFiles(repository, this.files, config, signal),
      takeSnapshot(git, signal),
    ]);
    const blobs = await writeGuestBlobs(git, { snapshot, info }, signal);
    const packed = await writePack(git, scratch, { head, snapshot, blobs }, signal);
    const view = workspaceView(repository, head, this.guestBase, planned.workingDirectory);
    const pack = await this.files.openPack(packed.path, repository.git.user);
    const script = guestScript({
      target: view.guestPath,
      workingDirectory: view.workingDirectory,
      requiredBytes: pack.bytes + OVERHEAD_BYTES,
      objectFormat: repository.objectFormat,
      shallow: packed.shallow,
      partial: packed.partial,
      worktreeTree: snapshot.worktreeTree,
      indexTree: snapshot.indexTree,
      config: guestConfig(config.values, attributesConfig(blobs.globalAttributes, view.guestPath)),
      sparseConfig: guestSparseConfig(config.values),
      blobs,
      ...(head.commit !== undefined && { head: head.commit }),
      ...(head.ref !== undefined && { symbolicHead: head.ref }),
    });
    requireSuccess(await sendPack(ssh, { script, ...pack }, step, signal), repository.top);
    const { partial } = packed;
    return Object.assign(view, {
      warnings: importWarnings(snapshot, { filters, unread: info.unread, partial }),
    });
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

/** by the step of the script that failed */
const FIXES: Readonly<Record<string, string | undefined>> = {
  'check-disk': 'give the VM a larger disk: --disk',
  'check-work-disk': 'give the VM a larger work disk: --work-disk',
};

function requireSuccess({ exit, step, stderrTail }: GuestOutcome, path: string): void {
  if (exit.exitCode === 0) return;
  if (exit.cutOff === true) throw new SshConnectError('lost', 'the guest');
  const fix = FIXES[step];
  throw new WorkspaceImportFailedError({ path, step, stderrTail, ...(fix !== undefined && { fix }) });
}

function translate(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return cancellation(signal, 'the import of the repository');
  if (!(error instanceof ProcessFailedError)) return error;
  const { file, args, stderrTail } = error.details;
  const step = file === 'git' ? `git ${args.find((word) => !word.startsWith('-')) ?? ''}` : file;
  return new WorkspaceImportFailedError({ path, step, stderrTail, cause: error });
}
