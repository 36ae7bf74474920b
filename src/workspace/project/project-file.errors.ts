import type { FileIssue } from '../../contract/index.js';
import { BangerError } from '../../core/errors/index.js';

const WITHOUT = 'or go on without it: --no-project';

/** A repository's project file says what banger cannot follow; every issue is told. */
export class ProjectFileInvalidError extends BangerError<'PROJECT_FILE_INVALID'> {
  constructor(file: string, issues: readonly FileIssue[]) {
    super('PROJECT_FILE_INVALID', `the project file ${file} has errors`, {
      details: { file, issues: [...issues] },
      fix: `correct the file, ${WITHOUT}`,
    });
  }
}

export class ProjectFileUnreadableError extends BangerError<'PROJECT_FILE_INVALID'> {
  constructor(file: string, problem: string, cause?: unknown) {
    super('PROJECT_FILE_INVALID', `the project file ${file} ${problem}`, {
      details: { file, issues: [{ message: problem }] },
      fix: `make it a file of text, take it away, ${WITHOUT}`,
      cause,
    });
  }
}
