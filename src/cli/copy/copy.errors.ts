import { BangerError } from '../../core/errors/index.js';

export class HostSourceNotFoundError extends BangerError<'COPY_SOURCE_NOT_FOUND'> {
  constructor(path: string) {
    super('COPY_SOURCE_NOT_FOUND', `there is no ${JSON.stringify(path)} on this host`, {
      details: { path, side: 'host' },
      fix: 'check the path; it starts from the directory that you are in',
    });
  }
}

export class HostTargetInvalidError extends BangerError<'COPY_TARGET_INVALID'> {
  constructor(path: string, reason: string) {
    super('COPY_TARGET_INVALID', `nothing can be copied to ${JSON.stringify(path)} on this host`, {
      details: { path, side: 'host', reason },
      why: reason,
      fix: 'name a directory that exists, or a new name in one',
    });
  }
}

export class HostTargetBusyError extends BangerError<'COPY_TARGET_BUSY'> {
  constructor(path: string) {
    super('COPY_TARGET_BUSY', `another copy to ${JSON.stringify(path)} on this host is under way`, {
      details: { path, side: 'host' },
      fix: 'wait until it is done, or copy to another name',
    });
  }
}

export class HostDiskFullError extends BangerError<'DISK_FULL'> {
  constructor(path: string, cause?: unknown) {
    super('DISK_FULL', `no space is left on the file system of ${path}`, {
      details: { path },
      fix: 'free some space, or copy to another file system',
      cause,
    });
  }
}

/** What a guest sends is put on the host only when it is what it should be; a guest may be hostile. */
export class CopyRefusedError extends BangerError<'COPY_REFUSED'> {
  constructor(reason: string) {
    super('COPY_REFUSED', 'what was sent is not put on this host', {
      details: { reason },
      why: reason,
      fix: 'see whether tar, stat and sh in the VM are what its image brought; nothing of it was kept',
    });
  }
}

export class HostCopyFailedError extends BangerError<'COPY_FAILED'> {
  constructor(step: string, command: string, facts: { stderrTail?: string; why?: string; fix?: string }) {
    const { stderrTail = '', why, fix } = facts;
    super('COPY_FAILED', `the copy failed while ${step} (${command})`, {
      details: { step, command, stderrTail },
      why: why ?? (stderrTail.trim().split('\n').at(-1) || undefined),
      fix: fix ?? 'see the cause above; what had been there before was not changed',
    });
  }
}
