import { quoteShellWord } from '../../core/ssh/index.js';
import type { GuestFile } from '../guest/guest-file.js';

/** Where the guest has the image's environment, for login shells. */
export const IMAGE_ENVIRONMENT_PATH = 'etc/banger/image-environment';

/** Lines of POSIX sh, one export a variable. */
export function environmentFile(environment: Readonly<Record<string, string>>): GuestFile {
  const lines = Object.entries(environment).map(
    ([name, value]) => `export ${name}=${quoteShellWord(value)}\n`,
  );
  return { path: IMAGE_ENVIRONMENT_PATH, mode: 0o644, content: lines.join('') };
}

/** How sshd_config of all versions reads it within quotes: no quote, no backslash, nothing that ends the line. */
const QUOTABLE = /^[^"\\\p{Cc}]*$/u;

/**
 * Lines of sshd_config by which the environment reaches commands, which no login shell stands before. At most one, since
 * sshd takes the first `SetEnv` alone. Variables that sshd cannot be told are left to login shells.
 */
export function sshEnvironment(environment: Readonly<Record<string, string>>): string[] {
  const words = Object.entries(environment)
    .filter(([, value]) => QUOTABLE.test(value))
    .map(([name, value]) => `"${name}=${value}"`);
  return words.length === 0 ? [] : [`SetEnv ${words.join(' ')}`];
}

/** Of these variables {@link sshEnvironment} tells sshd nothing. */
export function loginOnly(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => (QUOTABLE.test(value) ? [] : [name]));
}
