import { BangerError } from '../../core/errors/index.js';

/** A file of the host's that cannot be what it was given as. */
export class ForeignFileError extends BangerError<'PARAMS_INVALID'> {
  /** @param what it was given as: `rootfs` */
  constructor(what: string, path: string, why: string, fix = 'name another one') {
    super('PARAMS_INVALID', `${path} cannot be the ${what}`, {
      details: { issues: [{ path: what, message: why }] },
      why,
      fix,
    });
  }
}

/** What only some may read is not shown to whoever may talk to the daemon. */
export class ForeignFileClosedError extends BangerError<'PERMISSION_DENIED'> {
  constructor(path: string, mode: 'root' | 'user', cause: unknown) {
    super('PERMISSION_DENIED', `not allowed to read ${path}`, {
      details: { path, action: 'read' },
      ...(mode === 'root'
        ? {
            why: 'not everybody may: through an image, whoever may talk to the daemon could read what is not theirs',
            fix: `let everybody read it (chmod -R o+rX ${path}, and its directories), or give a copy of which that is true`,
          }
        : { fix: 'check the owner and mode of the path, and of the directories that it is in' }),
      cause,
    });
  }
}

/** It would start, and nobody could get into it. */
export class NotGuestError extends BangerError<'IMAGE_NOT_PROVISIONABLE'> {
  constructor(image: string, fix: string) {
    const reason = 'it was not made to be a guest of banger: it has no /usr/lib/banger/banger-guest';
    super('IMAGE_NOT_PROVISIONABLE', `the image "${image}" would not be of use`, {
      details: { image, reason, stderrTail: '' },
      why: reason,
      fix,
    });
  }
}
