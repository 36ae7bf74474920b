import { Injectable } from '@nestjs/common';
import type { SessionStartParams } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { newId } from '../../core/ids.js';
import { guestCommandLine, workingDirectoryOf } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { Followers } from '../follow/followers.js';
import { MAX_FOLLOWED } from '../guest/follower-program.js';
import { GuestSessions } from '../guest/guest-sessions.js';
import { SessionBook } from '../session-book.js';
import { NotifyCommandMissingError, TooManySessionsError } from '../session.errors.js';
import { SessionLogs } from '../session-logs.js';
import { SessionRepository } from '../session.repository.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';

/** Begins sessions. */
@Injectable()
export class SessionStarts {
  constructor(
    private readonly config: Config,
    private readonly guest: GuestSessions,
    private readonly followers: Followers,
    private readonly book: SessionBook,
    private readonly logs: SessionLogs,
    private readonly sessions: SessionRepository,
  ) {}

  /**
   * Resolves when the command runs. It is written down before it is begun, so that a daemon which ends meanwhile leaves a
   * session that the next one finds, or finds not to have come about.
   * @throws TooManySessionsError, SessionNameTakenError, GuestActionError, VM_GUEST_UNREACHABLE, PARAMS_INVALID
   */
  async start(vm: Vm, params: SessionStartParams, ref: string): Promise<Session> {
    if (params.onExit === 'notify' && this.config.values.sessions.notifyCommand.length === 0)
      throw new NotifyCommandMissingError();
    const running = (await this.sessions.list(vm.id)).filter((session) => !hasEnded(session));
    if (running.length >= MAX_FOLLOWED) throw new TooManySessionsError(vm.name, MAX_FOLLOWED);
    const id = newId('ses');
    const cwd = params.cwd ?? workingDirectoryOf(vm);
    const { terminal } = params;
    const script = guestCommandLine({
      command: params.command,
      cwd,
      env: {
        ...vm.env,
        ...(terminal !== undefined && { TERM: terminal.term }),
        BANGER_REF: ref,
        BANGER_SESSION: id,
        ...params.env,
      },
    });
    await this.logs.mark(vm.id);
    const session = await this.sessions.insert({
      id,
      vmId: vm.id,
      vmName: vm.name,
      guestName: id,
      name: params.name,
      command: params.command,
      cwd,
      terminal: terminal !== undefined,
      stdin: params.stdin === true || terminal !== undefined,
      timeoutSeconds: params.timeoutSeconds,
      onExit: params.onExit,
      state: 'starting',
      createdAt: new Date(),
    });
    return this.#begin(vm, session, script, params);
  }

  async #begin(vm: Vm, session: Session, script: string, { terminal }: SessionStartParams): Promise<Session> {
    // Who follows already meets the new one, and must not take it for lost. Otherwise it begins afterwards: both at once take
    // an emulated guest twice as long.
    const follower = this.followers.of(vm.id);
    follower?.expect(session.guestName);
    const size = terminal === undefined ? undefined : { columns: terminal.columns, rows: terminal.rows };
    try {
      await this.guest.start(vm, { guestName: session.guestName, spec: session, script, terminal: size });
    } catch (error) {
      follower?.settle(session.guestName, false);
      await this.sessions.remove(session.id);
      throw error;
    }
    follower?.settle(session.guestName, true);
    this.followers.follow(vm);
    // It may have ended already, and have been told of.
    const current = (await this.sessions.find(session.id)) ?? session;
    if (current.state === 'starting') await this.book.change(session, { state: 'running' });
    return (await this.sessions.find(session.id)) ?? session;
  }
}
