import { Inject, Injectable } from '@nestjs/common';
import type { VmWorkspaceView } from '../../contract/index.js';
import { saysDiskFull, TimeoutError } from '../../core/errors/index.js';
import { OutputTooLargeError, ProcessFailedError } from '../../core/process/index.js';
import type { SshConnection } from '../../core/ssh/index.js';
import type { Vm } from '../../vm/index.js';
import { withoutUndefined } from '../without-undefined.js';
import { ScratchDirectories } from '../repository/scratch-directories.js';
import type { Repository } from '../repository/repository-finder.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import {
  WorkspaceDiskFullError,
  WorkspaceRepositoryUnusableError,
  WorkspaceWorkRefusedError,
} from '../workspace.errors.js';
import { commitOfGuest } from './commit-of-guest.js';
import { commitUncommitted } from './commit-uncommitted.js';
import { emptyTree } from './empty-tree.js';
import { hostCommits } from './host-commits.js';
import { INCOMING_LIMITS } from './incoming-limits.js';
import type { IncomingLimits } from './incoming-limits.js';
import {
  lastLine,
  makeQuarantine,
  requireBoundedObjects,
  requireBoundedTree,
  requireConnected,
} from './quarantine.js';
import type { Quarantine } from './quarantine.js';
import { receiveWork } from './receive-work.js';
import type { WorkHeader } from './work-header.js';
import { replaceBase } from './replace-base.js';

export interface WorkRequest {
  readonly vm: Pick<Vm, 'id' | 'name' | 'gitName' | 'gitEmail'>;
  readonly workspace: VmWorkspaceView;
  readonly ssh: SshConnection;
  /** leave out what is not committed in the guest */
  readonly committedOnly: boolean;
  readonly progress?: (bytes: number) => void;
}

/** The work of a guest, verified, in a quarantine. Ids are the host's: where it has no history, of commits made anew. */
export interface Work {
  /** what the host has of it: the newest commit that both have; absent where they have none together */
  readonly base?: string;
  /** commit that the guest has checked out; absent without one */
  readonly head?: string;
  /** with what is not committed on top; `head` where nothing is, or nothing is wanted; absent when there is nothing at all */
  readonly tip?: string;
  /** of `tip`; the empty one without */
  readonly tree: string;
  /** `tip` is a commit that banger made of what was not committed */
  readonly uncommitted: boolean;
  /** commits of `tip` that `base` does not have */
  readonly commits: number;
  /** name of the branch that is checked out in the guest, as the guest says; without refs/heads/ */
  readonly branch?: string;
  readonly warnings: readonly string[];
}

/** Gets the work of guests, which are hostile, to where git can look at it without the host's repository being touched. */
@Injectable()
export class IncomingWork {
  constructor(
    private readonly scratch: ScratchDirectories,
    private readonly files: WorkspaceFiles,
    @Inject(INCOMING_LIMITS) private readonly limits: IncomingLimits,
  ) {}

  /**
   * Gives `body` a quarantine beside the host's repository, and removes it afterwards. `body` gets the signal that also
   * ends when all this has taken too long.
   */
  async within<T>(
    repository: Repository,
    signal: AbortSignal,
    body: (quarantine: Quarantine, signal: AbortSignal, scratch: string) => Promise<T>,
  ): Promise<T> {
    const limit = new AbortController();
    const { totalMs } = this.limits;
    const timer = setTimeout(() => limit.abort(new TimeoutError('the work of the guest', totalMs)), totalMs);
    const stop = AbortSignal.any([signal, limit.signal]);
    try {
      return await this.scratch.within(repository.git.user, async (scratch) =>
        body(
          await makeQuarantine(repository, this.files, { scratch, limits: this.limits }, stop),
          stop,
          scratch,
        ),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Has the guest send its work, and verifies it. @throws WorkspaceWorkRefusedError, WorkspaceWorkUnreadableError */
  async receive(quarantine: Quarantine, request: WorkRequest, signal: AbortSignal): Promise<Work> {
    try {
      return await this.#receive(quarantine, request, signal);
    } catch (error) {
      throw refusal(error, request.vm.name, quarantine.directory);
    }
  }

  async #receive(quarantine: Quarantine, request: WorkRequest, signal: AbortSignal): Promise<Work> {
    const { vm, workspace, ssh, committedOnly, progress = () => undefined } = request;
    const { git, repository } = quarantine;
    const { head: recorded, guestPath: path } = workspace;
    const common = commonCommits(quarantine, { vm: vm.name, workspace }, signal);
    const source = {
      vm: vm.name,
      ssh,
      known: common.then(({ known }) => known),
      limits: this.limits,
      progress,
      question: { path, committedOnly },
    };
    const sent = await receiveWork(quarantine, source, signal);
    const { imported, known } = await common;
    await this.#verify(quarantine, { vm: vm.name, sent, known }, signal);
    const replaced = { head: sent.head, from: imported, to: recorded };
    const head = await headOnHost(quarantine, replaced, this.limits, signal);
    const [committed, base] = await Promise.all([
      head === undefined ? emptyTree(git, signal) : treeOf(git, head, signal),
      mergeBase(git, head, recorded, signal),
      requireBoundedTree(quarantine, { vm: vm.name, tree: sent.tree ?? head }, this.limits, signal),
    ]);
    const tree = sent.tree ?? committed;
    const uncommitted = tree !== committed;
    const wanted = { tree, head, vm, workspace, repository };
    const [tip, commits] = await Promise.all([
      uncommitted ? commitUncommitted(git, wanted, signal) : head,
      count(git, head, base, signal),
    ]);
    return withoutUndefined({
      base,
      head,
      tip,
      tree,
      uncommitted,
      commits: commits + (uncommitted ? 1 : 0),
      branch: sent.branch?.slice('refs/heads/'.length),
      warnings: innerWarnings(sent.inner),
    });
  }

  async #verify(
    quarantine: Quarantine,
    { vm, sent, known }: { vm: string; sent: WorkHeader; known: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = [sent.head, sent.tree].filter((id) => id !== undefined);
    const all = [
      requireBoundedObjects(quarantine, vm, this.limits, signal),
      requireConnected(quarantine, { vm, wanted, known }, signal),
      requireTypes(quarantine, { vm, sent }, signal),
    ];
    // Of several reasons the first one here is told.
    await Promise.allSettled(all);
    for (const each of all) await each;
  }
}

type Git = Quarantine['git'];

/** Commits that host and guest have in common, and what the guest knows the imported one as. */
async function commonCommits(
  quarantine: Quarantine,
  { vm, workspace }: { vm: string; workspace: VmWorkspaceView },
  signal: AbortSignal,
): Promise<{ imported: string | undefined; known: readonly string[] }> {
  const { git, repository } = quarantine;
  const { head: recorded } = workspace;
  const [ofHost] = await Promise.all([
    hostCommits(repository, [recorded], signal),
    requireBase(quarantine, { vm, recorded }, signal),
  ]);
  const imported = await commitOfGuest(git, workspace, signal);
  return { imported, known: imported === undefined ? ofHost : [...new Set([imported, ...ofHost])] };
}

/** What git makes of objects that are hostile is the guest's affair, as long as the disk has room. */
function refusal(error: unknown, vm: string, directory: string): unknown {
  if (error instanceof OutputTooLargeError)
    return new WorkspaceWorkRefusedError(vm, 'it has more commits than are taken', error);
  if (!(error instanceof ProcessFailedError)) return error;
  const { exitCode, stderrTail } = error.details;
  if (saysDiskFull(stderrTail)) return new WorkspaceDiskFullError(directory, error);
  const reason = exitCode === null ? 'to look at it takes too much processor time' : lastLine(error);
  return new WorkspaceWorkRefusedError(vm, reason, error);
}

async function headOnHost(
  quarantine: Quarantine,
  { head, from, to }: { head: string | undefined; from: string | undefined; to: string | undefined },
  limits: IncomingLimits,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (head === undefined || from === undefined || to === undefined || from === to) return head;
  return replaceBase(quarantine, { head, from, to }, limits, signal);
}

async function requireBase(
  { git, repository }: Quarantine,
  { vm, recorded }: { vm: string; recorded: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  if (recorded === undefined) return;
  if ((await git.query(['rev-parse', '-q', '--verify', `${recorded}^{commit}`], signal)) !== undefined)
    return;
  throw new WorkspaceRepositoryUnusableError(
    repository.top,
    `the commit ${recorded}, which was imported from it, is not in it`,
    {
      fix: `fetch that commit again, or name the repository that has it: banger workspace export ${vm} --to PATH`,
    },
  );
}

async function requireTypes(
  { git }: Quarantine,
  { vm, sent: { head, tree } }: { vm: string; sent: WorkHeader },
  signal: AbortSignal,
): Promise<void> {
  const wanted = [[head, 'commit'] as const, [tree, 'tree'] as const].filter(([id]) => id !== undefined);
  const stdin = Buffer.from(wanted.map(([id]) => `${id}\n`).join(''));
  const listed = await git.run(['cat-file', '--batch-check=%(objecttype)'], { stdin, signal });
  const types = listed.toString('latin1').split('\n');
  for (const [at, [, type]] of wanted.entries()) {
    const found = types[at] ?? '';
    if (found !== type) throw new WorkspaceWorkRefusedError(vm, `what should be a ${type} is a ${found}`);
  }
}

async function treeOf(git: Git, commit: string, signal: AbortSignal): Promise<string> {
  return (await git.run(['rev-parse', '--verify', `${commit}^{tree}`], { signal })).toString('latin1').trim();
}

async function mergeBase(
  git: Git,
  head: string | undefined,
  recorded: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (head === undefined || recorded === undefined) return undefined;
  // several are possible: git's first, as git merge takes it
  return (await git.query(['merge-base', head, recorded], signal))?.split('\n')[0];
}

async function count(
  git: Git,
  head: string | undefined,
  base: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (head === undefined) return 0;
  const range = base === undefined ? [head] : [head, `^${base}`];
  return Number((await git.run(['rev-list', '--count', ...range], { signal })).toString('latin1'));
}

function innerWarnings(inner: number): string[] {
  if (inner === 0) return [];
  const what = inner === 1 ? 'a repository' : `${inner} repositories`;
  return [`${what} inside the repository, which git does not track, stays in the guest`];
}
