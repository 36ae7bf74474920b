import { saysDiskFull } from '../../core/errors/index.js';
import { ProcessFailedError } from '../../core/process/index.js';
import { WorkspaceDiskFullError, WorkspaceRepositoryUnusableError } from '../workspace.errors.js';

/** What git says when it cannot write, and what can be done about it. */
const CAUSES: readonly (readonly [said: RegExp, fix: string])[] = [
  [
    /Unable to create '.*\.lock': File exists/,
    'wait for the other git that is at work there; where none is, one has died: remove the file that is named',
  ],
  [/Read-only file system/, 'make the file system writable, or name another repository: --to PATH'],
  [
    /[Pp]ermission denied/,
    'let the owner of the repository write all of its .git: some of it may belong to somebody else',
  ],
  [
    /unable to (?:write|create)/,
    'see whether its file system has space left and its owner may write there: df, ls -l',
  ],
];

/** git could not do in the host's repository what it was to do there. */
export function hostFailure(error: unknown, path: string): unknown {
  if (!(error instanceof ProcessFailedError)) return error;
  const { stderrTail } = error.details;
  if (saysDiskFull(stderrTail)) return new WorkspaceDiskFullError(path, error);
  const lines = stderrTail.trim().split('\n');
  for (const [said, fix] of CAUSES) {
    const line = lines.find((text) => said.test(text));
    if (line !== undefined)
      return new WorkspaceRepositoryUnusableError(path, withoutPrefix(line), { fix, cause: error });
  }
  const reason = lines.map(withoutPrefix).filter(Boolean).join('; ') || error.message;
  return new WorkspaceRepositoryUnusableError(path, reason, {
    fix: 'see what git says of it (git status, git fsck), and export again',
    cause: error,
  });
}

function withoutPrefix(line: string): string {
  return line.replace(/^(?:fatal|error|warning): /, '').trim();
}
