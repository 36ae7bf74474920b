import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { VmWorkspaceView } from '../../contract/index.js';
import type { ImportGuest, ImportProgress } from '../../vm/index.js';
import type { Git } from '../git/git.js';
import { parentsOf } from '../import/import-history.js';
import { requireSuccess, sendWhole } from '../import/send-whole.js';
import type { Outgoing } from '../import/outgoing.js';
import { sendPack } from '../import/send-pack.js';
import type { GuestOutcome } from '../import/send-pack.js';
import {
  WorkspaceHasWorkError,
  WorkspaceTargetTakenError,
  WorkspaceWorkUnreadableError,
} from '../workspace.errors.js';
import { isAsImported, parseGuestState } from './guest-state.js';
import type { GuestState } from './guest-state.js';
import { findWork } from './guest-work.js';
import type { GuestWork } from './guest-work.js';
import { havesOf, lookUp } from './haves.js';
import { stateScript } from './state-script.js';
import { plainUpdateScript, updateScript } from './update-script.js';

/** a guest that works on meanwhile is looked at again so often */
const ATTEMPTS = 3;

/** `bytes` that are sent without knowing whether the guest can take them */
const MAX_PLAIN_BYTES = 1024 * 1024;

export interface UpdateRequest {
  readonly guest: ImportGuest;
  /** what the VM has there; absent when it has nothing yet */
  readonly existing: VmWorkspaceView | undefined;
  readonly force: boolean;
}

export interface UpdateResult {
  readonly unchanged: boolean;
  readonly savedBranch?: string;
  readonly stashed?: boolean;
  readonly warnings: readonly string[];
}

/** Makes of a repository in a guest what the host has. */
@Injectable()
export class WorkspaceUpdate {
  /** Imports it where nothing is. @throws WorkspaceTargetTakenError, WorkspaceHasWorkError, WorkspaceImportFailedError */
  async run(
    outgoing: Outgoing,
    request: UpdateRequest,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<UpdateResult> {
    if (request.existing === undefined) {
      const result = await this.#first(outgoing, request, step, signal);
      if (result !== undefined) return result;
    }
    const plain = await this.#plain(outgoing, request, step, signal);
    if (plain !== undefined) return plain;
    for (let attempt = 1; ; attempt += 1) {
      step.detail('looking at the repository in the VM');
      const state = await this.#look(outgoing, request, signal);
      if (state.place === 'none') return whole(outgoing, request, step, signal);
      if (state.place === 'taken')
        throw new WorkspaceTargetTakenError(request.guest.vm, outgoing.facts.target);
      if (isAsImported(state) && state.recorded?.source === outgoing.facts.source)
        return { unchanged: request.existing !== undefined, warnings: [] };
      const work = await this.#requireNoWork(outgoing, request, state, signal);
      const outcome = await this.#update(outgoing, { guest: request.guest, state, work }, step, signal);
      if (outcome.exit.exitCode === 0) return parseResult(outcome.stdout);
      if (outcome.step !== 'changed' || attempt === ATTEMPTS)
        requireSuccess(outcome, outgoing.repository.top);
    }
  }

  /**
   * What is there of others is found out by the import itself. Undefined when it is an import of the same repository,
   * of which the daemon does not know: it was killed, or its client had gone, before it was told of the end.
   */
  async #first(
    outgoing: Outgoing,
    request: UpdateRequest,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<UpdateResult | undefined> {
    try {
      return await whole(outgoing, request, step, signal);
    } catch (error) {
      if (!(error instanceof WorkspaceTargetTakenError)) throw error;
      const { place, recorded } = await this.#look(outgoing, request, signal);
      if (place !== 'repository' || recorded === undefined) throw error;
      const { source, is } = recorded;
      const { facts, git } = outgoing;
      const isOurs = source === facts.source || (is.head !== '' && is.head === facts.head);
      if (isOurs || (await lookUp(git.reading, [is.head], signal)).get(is.head) === 'commit')
        return undefined;
      throw error;
    }
  }

  /**
   * The quick way: what is new is sent without a look at the guest first, where that is little, and the guest takes it
   * if nothing has been done there. Undefined where that cannot be, or went wrong: nothing has changed then.
   */
  async #plain(
    { repository, git, view, shallow, facts: { partial, target }, pack }: Outgoing,
    { guest, existing }: UpdateRequest,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<UpdateResult | undefined> {
    const { head: imported, mode, exclude = [] } = existing ?? {};
    const isPlain = [mode, view.mode].every((each) => each === 'shallow') && !partial && exclude.length === 0;
    if (!isPlain || imported === undefined) return undefined;
    if ((await lookUp(git.reading, [imported], signal)).get(imported) !== 'commit') return undefined;
    const { cargo, facts } = await pack([`^${imported}^{tree}`]);
    if (cargo.bytes > MAX_PLAIN_BYTES) {
      cargo.stream.destroy();
      return undefined;
    }
    const joins = await joinsHistory(repository.git, shallow, [imported], signal);
    const script = plainUpdateScript({ facts, imported, joins });
    const outcome = await sendPack(guest.ssh, { script, ...cargo }, step, signal);
    if (outcome.exit.cutOff === true) requireSuccess(outcome, target);
    return outcome.exit.exitCode === 0 ? parseResult(outcome.stdout) : undefined;
  }

  async #look(
    { facts, view }: Outgoing,
    { guest: { vm, ssh } }: UpdateRequest,
    signal: AbortSignal,
  ): Promise<GuestState> {
    const { target, symbolicHead: branch, source } = facts;
    const script = stateScript({ target, branch, source, refs: view.mode === 'full' });
    const cargo = { script, stream: Readable.from([]), bytes: 0 };
    const outcome = await sendPack(ssh, cargo, { detail: () => undefined }, signal);
    if (outcome.exit.cutOff === true) requireSuccess(outcome, facts.target);
    const state = outcome.exit.exitCode === 0 ? parseGuestState(outcome.stdout) : undefined;
    if (state !== undefined) return state;
    const { step, stderrTail } = outcome;
    throw new WorkspaceWorkUnreadableError({ vm, path: facts.target, step, stderrTail });
  }

  async #requireNoWork(
    { repository, view, facts }: Outgoing,
    { guest, existing, force }: UpdateRequest,
    state: GuestState,
    signal: AbortSignal,
  ): Promise<GuestWork> {
    const known = new Set<string>();
    for (const id of new Set([state.is.head, state.target]))
      if (id !== '' && (await hasLanded(repository.git, id, view.head, signal))) known.add(id);
    if (findWork(state, (id) => known.has(id)).uncommitted)
      for (const tree of await landedTrees(repository.git, view.head, existing, signal)) known.add(tree);
    const work = findWork(state, (id) => known.has(id));
    if (force || (!work.commits && !work.uncommitted)) return work;
    const { commits, files } = state;
    throw new WorkspaceHasWorkError({
      vm: guest.vm,
      path: facts.target,
      commits: work.commits ? commits : 0,
      files: work.uncommitted ? [...files] : [],
    });
  }

  async #update(
    { repository, git, view, shallow, facts: { partial }, pack }: Outgoing,
    { guest, state, work }: { guest: ImportGuest; state: GuestState; work: GuestWork },
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<GuestOutcome> {
    const known = await lookUp(git.reading, [...state.haveCommits, ...state.haveTrees], signal);
    // What is missing on the host cannot be told from what need not travel.
    const haves = partial ? [] : havesOf(state, known, view.mode === 'full');
    const { cargo, facts } = await pack(haves);
    const joins = await joinsHistory(repository.git, shallow, state.haveCommits, signal);
    const script = updateScript({ facts, state, saveCommits: work.commits, stash: work.uncommitted, joins });
    return sendPack(guest.ssh, { script, ...cargo }, step, signal);
  }
}

/** A single end of the history that comes is none where all its parents are there. */
async function joinsHistory(
  git: Git,
  [end, ...others]: readonly string[],
  has: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  if (end === undefined || others.length > 0) return false;
  return (await parentsOf(git, end, signal)).every((parent) => has.includes(parent));
}

async function whole(
  outgoing: Outgoing,
  { guest }: UpdateRequest,
  step: ImportProgress,
  signal: AbortSignal,
): Promise<UpdateResult> {
  await sendWhole(outgoing, guest, step, signal);
  return { unchanged: false, warnings: [] };
}

/** Trees of what will be checked out, and of exports that the host still has. */
async function landedTrees(
  git: Git,
  head: string | undefined,
  existing: VmWorkspaceView | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const trees: string[] = [];
  const commits = new Set([head, ...(existing?.exports ?? []).map(({ commit }) => commit)]);
  for (const commit of commits) {
    if (commit === undefined || !(await hasLanded(git, commit, head, signal))) continue;
    const tree = await git.query(['rev-parse', '-q', '--verify', `${commit}^{tree}`], signal);
    if (tree !== undefined) trees.push(tree);
  }
  return trees;
}

/** The host has the commit, and something there keeps it. */
async function hasLanded(
  git: Git,
  id: string,
  head: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await lookUp(git, [id], signal)).get(id) !== 'commit') return false;
  if (
    head !== undefined &&
    (await git.query(['merge-base', '--is-ancestor', id, head], signal)) !== undefined
  )
    return true;
  const refs = await git.run(['for-each-ref', '--count=1', `--contains=${id}`], { signal });
  return refs.length > 0;
}

function parseResult(stdout: string): UpdateResult {
  const lines = stdout.split('\n');
  const after = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const [savedBranch] = after('saved');
  const kept = after('kept').map((ref) => ref.replace('refs/heads/', ''));
  return {
    unchanged: lines.includes('unchanged'),
    ...(savedBranch !== undefined && { savedBranch }),
    ...(lines.includes('stashed') && { stashed: true }),
    warnings:
      kept.length === 0 ? [] : [`branches that were moved in the guest stay there: ${kept.join(', ')}`],
  };
}
