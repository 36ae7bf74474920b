import { BangerError } from '../../core/errors/index.js';

const WITHOUT = 'or fork it without --branch';

/** Copies were to have a branch of their own, of a VM without a repository. */
export class ForkWithoutRepositoryError extends BangerError<'WORKSPACE_NOT_FOUND'> {
  constructor(vm: string) {
    super('WORKSPACE_NOT_FOUND', `VM ${vm} has no repository that its copies could make a branch in`, {
      details: { vm, available: [] },
      fix: `bring one there: banger workspace prepare ${vm} PATH, ${WITHOUT}`,
    });
  }
}

/** Nothing in a guest may write the repository. */
export class ForkOfReadonlyRepositoryError extends BangerError<'WORKSPACE_REPOSITORY_UNUSABLE'> {
  constructor(vm: string, path: string) {
    super('WORKSPACE_REPOSITORY_UNUSABLE', `copies of VM ${vm} can make no branch in ${path}`, {
      details: { path, reason: 'it was brought there with --readonly' },
      why: 'it was brought there with --readonly',
      fix: `bring it there without, ${WITHOUT}`,
    });
  }
}

/** A copy that waits runs nothing, git included. */
export class PausedForkWithBranchError extends BangerError<'PARAMS_INVALID'> {
  constructor() {
    const message = 'a copy that waits cannot make a branch: it runs nothing before it is resumed';
    super('PARAMS_INVALID', '--branch and --paused cannot be given together', {
      details: { issues: [{ path: 'branch', message }] },
      why: message,
      fix: 'leave one of them out, or make the branch when it is resumed: banger vm exec VM -- git switch -c BRANCH',
    });
  }
}
