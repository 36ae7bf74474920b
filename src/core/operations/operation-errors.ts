import { BangerError } from '../errors/index.js';

export class OperationNotFoundError extends BangerError<'OPERATION_NOT_FOUND'> {
  constructor(operation: string) {
    super('OPERATION_NOT_FOUND', `no operation "${operation}"`, {
      details: { operation },
      why: 'there is none with this id, or it ended long ago and was forgotten',
      fix: 'see "banger operation list"',
    });
  }
}

export class OperationAmbiguousError extends BangerError<'OPERATION_AMBIGUOUS'> {
  constructor(operation: string, matches: string[]) {
    super('OPERATION_AMBIGUOUS', `more than one operation begins with "${operation}"`, {
      details: { operation, matches },
      why: `it could be ${matches.join(', ')}`,
      fix: 'give more of the id',
    });
  }
}

export class OperationInterruptedError extends BangerError<'OPERATION_INTERRUPTED'> {
  constructor(operation: string, what: string) {
    super('OPERATION_INTERRUPTED', `${what} was interrupted`, {
      details: { operation },
      why: 'the daemon ended in the middle of it',
      fix: 'it was undone or finished when the daemon started again: see what became of it, and repeat the command if it is still wanted',
    });
  }
}

export class DaemonStoppingError extends BangerError<'CANCELLED'> {
  constructor(what: string) {
    super('CANCELLED', `${what} was cancelled`, {
      details: { what },
      why: 'the daemon is stopping',
      fix: 'repeat the command',
    });
  }
}

export class ResourceTakenError extends BangerError<'RESOURCE_TAKEN'> {
  constructor(resource: string, key: string, owner: string, cause?: unknown) {
    super('RESOURCE_TAKEN', `the ${resource} ${key} is in use by ${owner}`, {
      details: { resource, key, owner },
      fix: `delete or stop ${owner} first`,
      cause,
    });
  }
}
