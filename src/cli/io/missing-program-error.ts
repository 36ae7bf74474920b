import { BangerError } from '../../core/errors/index.js';

const PACKAGES: Readonly<Record<string, string>> = { ssh: 'openssh-client', sudo: 'sudo', 'apt-get': 'apt' };

export class MissingProgramError extends BangerError<'HOST_BINARY_MISSING'> {
  constructor(binary: string) {
    const packageName = PACKAGES[binary] ?? binary;
    super('HOST_BINARY_MISSING', `the program ${binary} is not installed`, {
      details: { binary, packageName },
      fix: `apt-get install ${packageName}`,
    });
  }
}
