import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../core/ids.js';
import { LOGGER } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import type { Vm } from '../vm/index.js';
import { MAX_FOLLOWED } from './guest/follower-program.js';
import type { GuestState } from './guest/guest-state.js';
import type { SessionSpec } from './guest/session-spec.js';
import { SessionRepository } from './session.repository.js';
import type { SessionChanges } from './session.repository.js';
import { hasEnded } from './session.types.js';
import type { Session } from './session.types.js';

const WHY: Readonly<Record<string, string>> = {
  'disk-full': 'the disk of the VM became full, and it was ended',
  'output-failed': 'what it wrote could not be kept in the VM, and it was ended',
};

/** What is known of sessions: the guest's word, written down, and told to whoever waits for it. */
@Injectable()
export class SessionBook {
  readonly #listeners = new Set<(session: Session) => void>();

  constructor(
    private readonly sessions: SessionRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Called with each session whose state has changed, after it was written down. @returns what ends that */
  onChange(listener: (session: Session) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when it has ended, with what it is then, or undefined when it is gone; rejects with the reason of the abort. */
  async ended(id: string, signal: AbortSignal): Promise<Session | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Session | undefined>();
    // Nobody waits for it yet when the abort comes during the look.
    promise.catch(() => undefined);
    const abort = (): void => reject(signal.reason);
    const stop = this.onChange((session) => {
      if (session.id === id && hasEnded(session)) resolve(session);
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      // Looked at after listening began: it may end in between.
      const now = await this.sessions.find(id);
      signal.throwIfAborted();
      return now === undefined || hasEnded(now) ? now : await promise;
    } finally {
      stop();
      signal.removeEventListener('abort', abort);
    }
  }

  /** A session that the guest has and that nobody here knows: of the VM that this one is a copy of, or of before the books were lost. */
  async adopt(vm: Vm, guestName: string, spec: SessionSpec): Promise<Session | undefined> {
    const known = await this.sessions.list(vm.id);
    const already = known.find((session) => session.guestName === guestName);
    if (already !== undefined || known.length >= MAX_FOLLOWED) return already;
    const isOurs = /^ses_[0-9a-z]{12}$/.test(guestName) && !(await this.sessions.isTaken(guestName));
    const named = spec.name !== undefined && known.every(({ name }) => name !== spec.name);
    const session = await this.sessions.insert({
      ...spec,
      name: named ? spec.name : undefined,
      id: isOurs ? guestName : newId('ses'),
      vmId: vm.id,
      vmName: vm.name,
      guestName,
      state: 'running',
    });
    this.logger.info({ vm: vm.id, session: session.id, guestName }, 'found a session in the VM');
    this.#tell(session);
    return session;
  }

  /** The guest's word on one. @param lives whether its keeper runs; @param more what is written down along with it */
  async told(session: Session, state: GuestState, lives: boolean, more: SessionChanges): Promise<void> {
    if (state.ended) {
      const reason = state.why === undefined ? null : (WHY[state.why] ?? state.why);
      await this.change(session, {
        ...more,
        state: reason === null ? 'exited' : 'failed',
        exitCode: state.exitCode ?? null,
        signal: state.signal ?? null,
        timedOut: state.timedOut,
        reason,
        endedAt: state.endedAt ?? new Date(),
      });
    } else if (lives) {
      if (session.state !== 'running') await this.runs(session, more);
    } else await this.lose(session, 'what kept it in the VM was killed, and it ended with that', more);
  }

  /** It runs, whatever was known of it before: one that had ended does so again, with all that happens at its end. */
  async runs(session: Session, more: SessionChanges = {}): Promise<void> {
    await this.change(session, {
      ...more,
      state: 'running',
      exitCode: null,
      signal: null,
      timedOut: false,
      reason: null,
      endedAt: null,
      exitHandled: false,
    });
  }

  /** Its end was not seen. One that has ended already stays as it is. Who waits for it is told also if it is gone from here. */
  async lose(session: Session, reason: string, more: SessionChanges = {}): Promise<void> {
    const current = (await this.sessions.find(session.id)) ?? session;
    if (hasEnded(current)) {
      await this.sessions.update(session.id, more);
      return;
    }
    const lost = { state: 'lost', reason, endedAt: new Date() } as const;
    const changed = await this.sessions.update(session.id, { ...more, ...lost });
    this.#tell(changed ?? { ...current, ...lost });
  }

  async change(session: Session, changes: SessionChanges): Promise<void> {
    const changed = await this.sessions.update(session.id, changes);
    if (changed !== undefined) this.#tell(changed);
  }

  #tell(session: Session): void {
    for (const listener of [...this.#listeners]) listener(session);
  }
}
