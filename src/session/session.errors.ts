import { BangerError } from '../core/errors/index.js';

export class SessionNotFoundError extends BangerError<'SESSION_NOT_FOUND'> {
  constructor(session: string) {
    super('SESSION_NOT_FOUND', `there is no session ${JSON.stringify(session)}`, {
      details: { session },
      fix: 'see what there is: banger vm session list',
    });
  }
}

export class SessionAmbiguousError extends BangerError<'SESSION_AMBIGUOUS'> {
  constructor(session: string, matches: string[]) {
    super('SESSION_AMBIGUOUS', `${JSON.stringify(session)} may be any of ${matches.length} sessions`, {
      details: { session, matches },
      why: `it may mean ${matches.join(', ')}`,
      fix: 'give VM/NAME, or more of the id',
    });
  }
}

export class SessionNameTakenError extends BangerError<'SESSION_NAME_TAKEN'> {
  constructor(vm: string, name: string) {
    super('SESSION_NAME_TAKEN', `the VM ${vm} has a session called ${JSON.stringify(name)} already`, {
      details: { vm, name },
      fix: `choose another --name, or delete that one: banger vm session delete ${vm}/${name}`,
    });
  }
}

export class SessionEndedError extends BangerError<'SESSION_WRONG_STATE'> {
  constructor(session: string, state: string) {
    super('SESSION_WRONG_STATE', `the session ${session} does not run any more`, {
      details: { session, state },
      why: `it is ${state}`,
      fix: `see what it has written: banger vm session logs ${session}`,
    });
  }
}

export class SessionRunsError extends BangerError<'SESSION_WRONG_STATE'> {
  constructor(session: string, state: string) {
    super('SESSION_WRONG_STATE', `the session ${session} runs`, {
      details: { session, state },
      why: 'only one that has ended is deleted without --force',
      fix: `end it first: banger vm session stop ${session}; or at once: banger vm session delete --force ${session}`,
    });
  }
}

export class SessionWithoutInputError extends BangerError<'SESSION_WITHOUT_INPUT'> {
  /** @param closed it had one, until somebody ended it */
  constructor(session: string, closed: boolean) {
    super('SESSION_WITHOUT_INPUT', `the session ${session} takes no input`, {
      details: { session },
      why: closed ? 'its input was closed' : 'it was started without --stdin and without --tty',
      fix: 'start one that does: banger vm session start --stdin VM -- COMMAND',
    });
  }
}

export class NotifyCommandMissingError extends BangerError<'PARAMS_INVALID'> {
  constructor() {
    super('PARAMS_INVALID', 'no command is configured that could tell of the end of a session', {
      details: { issues: [{ path: 'onExit', message: 'notify needs session.notify_command' }] },
      fix: 'set session.notify_command in the configuration (banger config show), and restart the daemon',
    });
  }
}

export class TooManySessionsError extends BangerError<'LIMIT_EXCEEDED'> {
  constructor(vm: string, max: number) {
    super('LIMIT_EXCEEDED', `${max} sessions run in the VM ${vm} already`, {
      details: { limit: 'sessions that run', max },
      fix: `wait for some of them, or end some: banger vm session list ${vm}`,
    });
  }
}

/** One step of something that takes several in a guest. */
export class GuestActionError extends BangerError<'GUEST_ACTION_FAILED'> {
  /** @param command as a person would read it */
  constructor(
    vm: string,
    what: string,
    failed: { step: string; command: string; exitCode: number | null; stderrTail: string },
  ) {
    const said = failed.stderrTail === '' ? '' : `: ${failed.stderrTail}`;
    super('GUEST_ACTION_FAILED', `${what} in the VM ${vm} failed at ${failed.step}${said}`, {
      details: { vm, ...failed },
      why: `${failed.command} ended with ${failed.exitCode === null ? 'a signal' : `status ${failed.exitCode}`}`,
      fix: /No space left/.test(failed.stderrTail)
        ? `make room on its disk: banger vm exec ${vm} -- df -h; or enlarge it: banger vm set --disk SIZE ${vm}`
        : `look into the VM: banger vm ssh ${vm}`,
    });
  }
}

/** What came from a guest as the output of a session is none. */
export class OutputDamagedError extends BangerError<'INTERNAL'> {
  constructor(reason: string) {
    super('INTERNAL', `the output of a session is damaged: ${reason}`, { details: {} });
  }
}

/** What follows the sessions in a guest says something that it never would. */
export class FollowBrokenError extends BangerError<'INTERNAL'> {
  constructor() {
    super('INTERNAL', 'what comes from the guest is not what its sessions are told by', { details: {} });
  }
}
