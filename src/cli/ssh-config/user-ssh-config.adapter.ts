import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { NoHomeError, SshConfigUnwritableError } from './ssh-config.errors.js';
import { UserSshConfig } from './user-ssh-config.js';

const MAX_LINKS = 40;

export class UserSshConfigAdapter extends UserSshConfig {
  override defaultPath(): string {
    try {
      return `${userInfo().homedir}/.ssh/config`;
    } catch (error) {
      throw new NoHomeError(error);
    }
  }

  override read(path: string): string | undefined {
    try {
      return readFileSync(path, 'latin1');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new SshConfigUnwritableError(path, 'read', error);
    }
  }

  override write(path: string, content: string): void {
    try {
      // one level: below /proc a recursive one of Node's never ends
      if (!existsSync(dirname(path))) mkdirSync(dirname(path), { mode: 0o700 });
      const target = followed(path);
      const old = statSync(target, { throwIfNoEntry: false });
      const temporary = `${target}.banger-${process.pid}`;
      try {
        writeFileSync(temporary, content, {
          encoding: 'latin1',
          mode: (old?.mode ?? 0o600) & 0o777,
          flag: 'wx',
          flush: true,
        });
        if (old !== undefined && (old.uid !== process.geteuid?.() || old.gid !== process.getegid?.()))
          chownSync(temporary, old.uid, old.gid);
        renameSync(temporary, target);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    } catch (error) {
      throw new SshConfigUnwritableError(path, 'write', error);
    }
  }

  override remove(path: string): void {
    try {
      rmSync(followed(path), { force: true });
    } catch (error) {
      throw new SshConfigUnwritableError(path, 'remove', error);
    }
  }

  override refusal(path: string): 'unreadable' | 'foreign' | undefined {
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? undefined : 'unreadable';
    }
    // ssh includes no file of another user, and then refuses to do anything at all
    const { uid } = statSync(path);
    return uid === 0 || uid === process.getuid?.() ? undefined : 'foreign';
  }
}

/** The file at the end of the links, whether it is there or not: dotfiles are often kept elsewhere. */
function followed(path: string): string {
  let current = path;
  for (let count = 0; count < MAX_LINKS; count += 1) {
    if (lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return current;
    current = resolve(dirname(current), readlinkSync(current));
  }
  return current;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
