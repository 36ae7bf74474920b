import { BangerError } from '../core/errors/index.js';

export class WorkspaceNotARepositoryError extends BangerError<'WORKSPACE_NOT_A_REPOSITORY'> {
  constructor(path: string) {
    super('WORKSPACE_NOT_A_REPOSITORY', `${path} is not inside a git repository`, {
      details: { path },
      why: 'neither it nor a directory above it has a .git',
      fix: 'leave PATH out to go on without a repository, or make one first: git init',
    });
  }
}

export class WorkspacePathInvalidError extends BangerError<'WORKSPACE_PATH_INVALID'> {
  constructor(path: string, reason: string, options: { fix?: string; cause?: unknown } = {}) {
    super('WORKSPACE_PATH_INVALID', `${path} cannot be imported`, {
      details: { path, reason },
      why: reason,
      fix: options.fix ?? 'give a directory inside the working tree of a git repository that you may read',
      cause: options.cause,
    });
  }
}

export class WorkspaceImportFailedError extends BangerError<'WORKSPACE_IMPORT_FAILED'> {
  constructor(facts: { path: string; step: string; stderrTail: string; fix?: string; cause?: unknown }) {
    const {
      path,
      step,
      stderrTail,
      fix = 'see the cause above; the repository on the host was not changed',
      cause,
    } = facts;
    super('WORKSPACE_IMPORT_FAILED', `the repository ${path} could not be imported (step: ${step})`, {
      details: { path, step, stderrTail },
      why: stderrTail.trim().split('\n').at(-1) || undefined,
      fix,
      cause,
    });
  }
}
