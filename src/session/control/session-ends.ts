import { Injectable } from '@nestjs/common';
import { isKind } from '../../core/errors/index.js';
import { VmRepository, Waking } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { GuestSessions } from '../guest/guest-sessions.js';
import { SessionBook } from '../session-book.js';
import { SessionEndedError, SessionRunsError } from '../session.errors.js';
import { SessionLogs } from '../session-logs.js';
import { SessionRepository } from '../session.repository.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';

/** `s` */
const DEFAULT_GRACE_S = 10;
/** `ms` in which the end of what was killed comes to be known */
const KILLED_LIMIT_MS = 30_000;

/** Signals to sessions, and their end by request. */
@Injectable()
export class SessionEnds {
  constructor(
    private readonly guest: GuestSessions,
    private readonly book: SessionBook,
    private readonly logs: SessionLogs,
    private readonly sessions: SessionRepository,
    private readonly vms: VmRepository,
    private readonly waking: Waking,
  ) {}

  /** @param name with SIG or without. @throws SessionEndedError */
  async signal(session: Session, name: string): Promise<Session> {
    if (hasEnded(session)) throw new SessionEndedError(session.id, session.state);
    const vm = await this.waking.awake(session.vmId);
    await this.guest.signal(vm, session, name.replace(/^SIG/, ''), 'group');
    return (await this.sessions.find(session.id)) ?? session;
  }

  /** TERM to all of it, KILL after a time. Ended already is success. @throws the reason of the abort */
  async stop(session: Session, graceSeconds = DEFAULT_GRACE_S, signal: AbortSignal): Promise<Session> {
    if (hasEnded(session)) return session;
    const vm = await this.waking.awake(session.vmId);
    if (graceSeconds > 0 && (await this.#send(vm, session, 'TERM'))) {
      const grace = AbortSignal.timeout(graceSeconds * 1000);
      const ended = await this.book
        .ended(session.id, AbortSignal.any([signal, grace]))
        .catch((error: unknown) => {
          if (grace.aborted && !signal.aborted) return 'late' as const;
          throw error;
        });
      if (ended !== 'late') return ended ?? session;
    }
    return this.kill(session, signal);
  }

  /** Ends it, and all that it has started. Ended already is success. @throws the reason of the abort */
  async kill(session: Session, signal: AbortSignal): Promise<Session> {
    if (hasEnded(session)) return session;
    const vm = await this.waking.awake(session.vmId);
    await this.#send(vm, session, 'KILL');
    const limit = AbortSignal.any([signal, AbortSignal.timeout(KILLED_LIMIT_MS)]);
    return (await this.book.ended(session.id, limit)) ?? session;
  }

  /** With its output, here and in the guest. @throws SessionRunsError */
  async delete(session: Session, force: boolean, signal: AbortSignal): Promise<Session> {
    if (!hasEnded(session) && !force) throw new SessionRunsError(session.id, session.state);
    const ended = await this.kill(session, signal);
    const vm = await this.vms.find(session.vmId);
    await this.logs.remove(session);
    if (vm?.state === 'running') {
      await this.guest.remove(vm, session.guestName);
      await this.sessions.remove(session.id);
    } else await this.sessions.bury(session.id);
    return ended;
  }

  /** False when it has ended by itself. */
  async #send(vm: Vm, session: Session, name: string): Promise<boolean> {
    try {
      await this.guest.signal(vm, session, name, 'all');
      return true;
    } catch (error) {
      if (isKind(error, 'SESSION_WRONG_STATE')) return false;
      throw error;
    }
  }
}
