import type { FileIssue } from '../../contract/errors.js';
import { BangerError } from '../errors/index.js';

/** The file or a variable of the environment says what banger cannot follow; every issue is told. */
export class ConfigInvalidError extends BangerError<'CONFIG_INVALID'> {
  constructor(file: string, issues: readonly FileIssue[], cause?: unknown) {
    const all = issues.every(({ variable }) => variable !== undefined);
    super(
      'CONFIG_INVALID',
      all ? 'the environment has errors' : `the configuration file ${file} has errors`,
      {
        details: { file, issues: [...issues] },
        fix: 'correct what is named; all keys with their meaning: banger config example',
        cause,
      },
    );
  }
}

export class ConfigUnreadableError extends BangerError<'CONFIG_INVALID'> {
  constructor(file: string, problem: string, cause?: unknown) {
    super('CONFIG_INVALID', `the configuration file ${file} ${problem}`, {
      details: { file, issues: [{ message: problem }] },
      fix: 'make it a file of text that this user may read, take it away, or name another in BANGER_CONFIG',
      cause,
    });
  }
}
