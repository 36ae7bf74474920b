import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { VmEvents, VmRepository } from '../../vm/index.js';
import type { Vm, VmStateChange } from '../../vm/index.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';
import { FollowDecoder } from './follow-frames.js';
import { forAWhile } from './for-a-while.js';
import { FollowerParts } from './follower-parts.js';
import { VmFollower } from './vm-follower.js';

interface Queue {
  /** the last work in it */
  readonly done: Promise<void>;
  /** the same, for who will not wait for long */
  readonly soon: Promise<void>;
}

/** Which VMs' sessions are followed: of those that run, and may have one that has not ended. */
@Injectable()
export class Followers implements OnModuleDestroy {
  readonly #followers = new Map<string, VmFollower>();
  readonly #queues = new Map<string, Queue>();
  #isOver = false;

  constructor(
    private readonly parts: FollowerParts,
    private readonly vms: VmRepository,
    events: VmEvents,
  ) {
    events.onState((change) => {
      const { id, state } = change.vm;
      if (state !== 'deleting') return this.#queue(id, () => this.#vmChanged(change));
      // Looked for at once: they go with their VM.
      const sessions = this.parts.sessions.list(id);
      sessions.catch(() => undefined);
      this.#queue(id, async () => this.#vmDeleted(id, await sessions));
    });
    events.onCopied(({ vm, origin }) => this.#queue(vm.id, () => this.#vmCopied(vm.id, origin.id)));
  }

  /** For the start of a daemon: what runs is found again, and what can run no more is lost. */
  async reconcile(): Promise<void> {
    const running = new Set<string>();
    for (const vm of await this.vms.list()) {
      if (vm.state === 'suspended') running.add(vm.id);
      if (vm.state !== 'running') continue;
      running.add(vm.id);
      if (await this.parts.logs.isMarked(vm.id)) this.follow(vm);
    }
    for (const session of await this.parts.sessions.list())
      if (!hasEnded(session) && !running.has(session.vmId))
        this.#queue(session.vmId, () => this.#lose(session, DOWN));
    // Output that cannot be read keeps no daemon from starting.
    await Promise.all([...this.#queues.values()].map(({ done }) => done));
  }

  of(vmId: string): VmFollower | undefined {
    return this.#followers.get(vmId);
  }

  /** The one that follows the VM's sessions; one more when there is none. */
  follow(vm: Vm): VmFollower {
    let follower = this.#followers.get(vm.id);
    if (follower === undefined) {
      follower = new VmFollower(vm, this.parts);
      this.#followers.set(vm.id, follower);
      const own = follower;
      void follower.finished.then(() => {
        if (this.#followers.get(vm.id) === own) this.#followers.delete(vm.id);
      });
    }
    return follower;
  }

  /** Output that comes from a session whose terminal somebody types at, before its follower has it. */
  async hear({ vmId, guestName }: Session, frames: AsyncIterable<Buffer>): Promise<void> {
    const decoder = new FollowDecoder();
    for await (const chunk of frames)
      for (const frame of decoder.push(chunk))
        if (frame.type === 'output' && frame.name === guestName)
          await this.#followers.get(vmId)?.takeEarly(guestName, frame.offset, frame.payload);
  }

  /** Device of a session's terminal in the guest, when it is known. */
  terminalOf({ vmId, guestName }: Session): string | undefined {
    return this.#followers.get(vmId)?.terminals.get(guestName);
  }

  /** Waits until those guests have told what there is which have just begun to; not for long, and for each only once. */
  async settled(vmId?: string): Promise<void> {
    const waited = <T>(all: ReadonlyMap<string, T>): T[] =>
      [...all].flatMap(([id, one]) => (vmId === undefined || id === vmId ? [one] : []));
    await Promise.all(waited(this.#queues).map(({ soon }) => soon));
    await Promise.all(waited(this.#followers).map(({ ready }) => ready));
  }

  async onModuleDestroy(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#queues.values()].map(({ done }) => done));
    await Promise.all([...this.#followers.values()].map((follower) => follower.stop()));
  }

  async #vmChanged({ vm, from }: VmStateChange): Promise<void> {
    if (this.#isOver) return;
    if (vm.state === 'running' && from !== 'stopping') {
      if (await this.parts.logs.isMarked(vm.id)) this.follow(vm);
      return;
    }
    if (vm.state === 'running' || vm.state === 'stopping') return;
    const follower = this.#followers.get(vm.id);
    this.#followers.delete(vm.id);
    await follower?.stop();
    if (vm.state !== 'stopped' && vm.state !== 'failed') return;
    const reason = vm.state === 'stopped' ? DOWN : FAILED;
    for (const session of await this.parts.sessions.list(vm.id))
      if (!hasEnded(session)) await this.#lose(session, reason);
  }

  /** Who waits for one of its sessions, or reads what it writes, is not left waiting. */
  async #vmDeleted(vmId: string, sessions: readonly Session[]): Promise<void> {
    if (this.#isOver) return;
    const follower = this.#followers.get(vmId);
    this.#followers.delete(vmId);
    await follower?.stop();
    for (const session of sessions) if (!hasEnded(session)) await this.parts.book.lose(session, DELETED);
    this.parts.logs.forget(vmId);
  }

  async #lose(session: Session, reason: string): Promise<void> {
    await this.parts.book.lose(session, reason, await this.parts.logs.written(session));
    await this.parts.logs.rest(session);
  }

  /** A copy has what the other one had; it tells of it itself, when it runs. */
  async #vmCopied(vmId: string, originId: string): Promise<void> {
    if (await this.parts.logs.isMarked(originId)) await this.parts.logs.mark(vmId);
  }

  /** What becomes of one VM is taken note of in the order in which it happens. */
  #queue(vmId: string, work: () => Promise<void>): void {
    const done = (this.#queues.get(vmId)?.done ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) =>
        this.parts.logger.error(
          { vm: vmId, err: toBangerError(error) },
          'its sessions could not be kept up with',
        ),
      )
      .finally(() => {
        if (this.#queues.get(vmId)?.done === done) this.#queues.delete(vmId);
      });
    this.#queues.set(vmId, { done, soon: forAWhile(done) });
  }
}

const DOWN = 'the VM was stopped, and it ended with that';
const DELETED = 'the VM was deleted, and it ended with that';
const FAILED = 'the VM went down, and it ended with that';
