import { BangerError } from '../../core/errors/index.js';

const BY_HAND =
  'with --file name another file of settings (for ssh -F), or include it by hand: banger ssh-config';

export class NoHomeError extends BangerError<'HOST_UNSUPPORTED'> {
  constructor(cause: unknown) {
    super('HOST_UNSUPPORTED', 'this user has no home directory', {
      details: { reason: 'the user is not in the passwd database, where ssh looks for it' },
      why: 'the user is not in the passwd database, where ssh looks for it',
      fix: BY_HAND,
      cause,
    });
  }
}

export class SshConfigUnwritableError extends BangerError<'PERMISSION_DENIED'> {
  constructor(path: string, action: string, cause: unknown) {
    super('PERMISSION_DENIED', `cannot ${action} ${path}`, {
      details: { path, action },
      why: (cause as Error).message,
      fix: BY_HAND,
      cause,
    });
  }
}

/** As it is ssh would not take it, and nothing that it includes. */
export class SshConfigBrokenError extends BangerError<'CONFIG_INVALID'> {
  constructor(file: string, complaint: string) {
    const issues = complaint
      .trim()
      .split(/\r?\n/)
      .map((line) => ({ message: line.replace(`${file}: `, '') }));
    super('CONFIG_INVALID', `ssh does not take ${file} as it is`, {
      details: { file, issues },
      fix: 'correct it first; it was not changed',
    });
  }
}

/** The VMs are another user's, as far as ssh is concerned. */
export class SshNotForThisUserError extends BangerError<'PERMISSION_DENIED'> {
  constructor(path: string, reason: 'unreadable' | 'foreign') {
    super('PERMISSION_DENIED', 'ssh run by this user cannot reach the VMs of this daemon', {
      details: { path, action: 'use' },
      why:
        reason === 'unreadable'
          ? `this user may not read ${path}`
          : `${path} belongs to another user, and ssh uses such a file for nobody but root and its owner`,
      fix: 'use ssh as the user that the daemon runs as (sudo banger ssh-config --install, then sudo ssh NAME.vm), or go in with banger vm exec',
    });
  }
}
