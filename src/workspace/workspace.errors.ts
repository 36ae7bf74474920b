import { BangerError, saysDiskFull } from '../core/errors/index.js';

export class WorkspaceNotARepositoryError extends BangerError<'WORKSPACE_NOT_A_REPOSITORY'> {
  constructor(path: string) {
    super('WORKSPACE_NOT_A_REPOSITORY', `${path} is not inside a git repository`, {
      details: { path },
      why: 'neither it nor a directory above it has a .git',
      fix: 'make one first: git init; or leave PATH out, for a VM without a repository',
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

/** The place in the guest is none for a repository. */
export class WorkspaceTargetInvalidError extends BangerError<'WORKSPACE_PATH_INVALID'> {
  constructor(at: string, reason: string) {
    super('WORKSPACE_PATH_INVALID', `no repository can be put at ${JSON.stringify(at)} in the guest`, {
      details: { path: at, reason },
      why: reason,
      fix: 'give a directory below /root, or an absolute path: --at src/app',
    });
  }
}

/** What is there in the guest is something else: not a repository that banger brought, or that of another one. */
export class WorkspaceTargetTakenError extends BangerError<'WORKSPACE_TARGET_TAKEN'> {
  /** @param other repository of the host whose copy it is */
  constructor(vm: string, path: string, other?: string) {
    super('WORKSPACE_TARGET_TAKEN', `${path} exists in VM ${vm} already`, {
      details: { vm, path },
      why:
        other === undefined
          ? 'it is none of the repositories that banger has brought there'
          : `it is where the repository ${other} is in that VM`,
      fix: 'give another place: --at DIR',
    });
  }
}

export class WorkspaceHasWorkError extends BangerError<'WORKSPACE_HAS_WORK'> {
  constructor(facts: { vm: string; path: string; commits: number; files: string[] }) {
    const { vm, path, commits, files } = facts;
    const what = [
      commits > 0 && `${commits} ${commits === 1 ? 'commit' : 'commits'} that the host does not have`,
      files.length > 0 && `changes that are not committed: ${files.slice(0, 5).join(', ')}`,
    ].filter((part) => part !== false);
    super('WORKSPACE_HAS_WORK', `the repository ${path} of VM ${vm} has work that would be lost`, {
      details: facts,
      why: what.join('; ') || 'another branch, commit or index is there than was imported',
      fix: `get it first: banger workspace export ${vm} --at ${path}; then --force puts it aside in the guest`,
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

export class WorkspaceNotFoundError extends BangerError<'WORKSPACE_NOT_FOUND'> {
  constructor(vm: string, available: string[], at?: string) {
    const what = at === undefined ? 'no repository' : `no repository at ${at}`;
    super('WORKSPACE_NOT_FOUND', `VM ${vm} has ${what}`, {
      details: { vm, available, ...(at !== undefined && { at }) },
      fix:
        available.length === 0
          ? `bring one there: banger workspace prepare ${vm} PATH`
          : `name one that it has: --at ${available.join(', --at ')}`,
    });
  }
}

export class WorkspaceAmbiguousError extends BangerError<'WORKSPACE_AMBIGUOUS'> {
  constructor(vm: string, available: string[]) {
    super('WORKSPACE_AMBIGUOUS', `VM ${vm} has several repositories`, {
      details: { vm, available },
      fix: `say which: --at ${available.join(', --at ')}`,
    });
  }
}

/** What the guest sent is not taken; nothing of it has reached the host's repository. */
export class WorkspaceWorkRefusedError extends BangerError<'WORKSPACE_WORK_REFUSED'> {
  constructor(vm: string, reason: string, cause?: unknown) {
    super('WORKSPACE_WORK_REFUSED', `what VM ${vm} sent of its repository is refused`, {
      details: { vm, reason },
      why: reason,
      fix: `see what is in there: banger vm exec ${vm} -- git fsck; the repository on the host was not changed`,
      cause,
    });
  }
}

/** Not the disk of banger's state: that of a repository, or of the scratch directory beside which work arrives. */
export class WorkspaceDiskFullError extends BangerError<'DISK_FULL'> {
  constructor(path: string, cause?: unknown) {
    super('DISK_FULL', `no space is left on the file system of ${path}`, {
      details: { path },
      fix: 'free some space there, and try again',
      cause,
    });
  }
}

/** The guest could not say what work it has. */
export class WorkspaceWorkUnreadableError extends BangerError<'WORKSPACE_WORK_UNREADABLE'> {
  constructor(facts: { vm: string; path: string; step: string; stderrTail: string }) {
    const { vm, path, stderrTail } = facts;
    const full = `make room on the disk of the guest: banger vm exec ${vm} -- df -h`;
    const look = `look at it there: banger vm exec ${vm} -- git -C ${path} status`;
    super(
      'WORKSPACE_WORK_UNREADABLE',
      `the repository ${path} of VM ${vm} cannot be read (step: ${facts.step})`,
      {
        details: facts,
        why: stderrTail.trim().split('\n').at(-1) || undefined,
        fix: `${saysDiskFull(stderrTail) ? full : look}; the repository on the host was not changed`,
      },
    );
  }
}

/** The host's repository, as it is, takes no work. */
export class WorkspaceRepositoryUnusableError extends BangerError<'WORKSPACE_REPOSITORY_UNUSABLE'> {
  constructor(path: string, reason: string, options: { fix: string; cause?: unknown }) {
    super('WORKSPACE_REPOSITORY_UNUSABLE', `the repository ${path} cannot be used`, {
      details: { path, reason },
      why: reason,
      fix: options.fix,
      cause: options.cause,
    });
  }
}

/** There is nothing to be brought out as a bundle, which cannot be empty. */
export class WorkspaceNoWorkError extends BangerError<'WORKSPACE_NO_WORK'> {
  constructor(vm: string, path: string) {
    super('WORKSPACE_NO_WORK', `VM ${vm} has no work in ${path} that the host does not have`, {
      details: { vm, path },
      fix: `see what is there: banger workspace status ${vm}`,
    });
  }
}

export class WorkspaceUnrelatedError extends BangerError<'WORKSPACE_UNRELATED'> {
  constructor(one: { vm: string; path: string }, other: { vm: string; path: string }) {
    super('WORKSPACE_UNRELATED', `VMs ${one.vm} and ${other.vm} have the work of different repositories`, {
      details: { vms: [one.vm, other.vm], paths: [one.path, other.path] },
      why: `one was imported from ${one.path}, the other from ${other.path}`,
      fix: `look at each of them: banger workspace diff ${one.vm}, banger workspace diff ${other.vm}`,
    });
  }
}
