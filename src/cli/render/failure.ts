import { exitCodeOf, EXEC_EXIT_CODES } from '../../contract/errors.js';
import type { BangerError } from '../../core/errors/index.js';
import { isKind } from '../../core/errors/index.js';
import { renderIssues } from './file-issues.js';
import type { Style } from './style.js';
import { escapeControls, escapeLines } from './text.js';

/** The correlation id, on errors that came from the daemon. */
export function refOf(error: BangerError): string | undefined {
  return 'ref' in error && typeof error.ref === 'string' ? error.ref : undefined;
}

/** What `--json` prints for a failure. */
export function failureJson(error: BangerError): { error: object } {
  return { error: { message: error.message, ...error.toData(refOf(error)) } };
}

/** `banger: <message>`, then why and fix; with the end of the console where the guest did not come up. */
export function renderFailure(error: BangerError, style: Style, verbose: boolean): string {
  const lines = [`${style.red('banger:')} ${escapeControls(error.message)}`];
  const add = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') lines.push(`  ${style.bold(`${name}:`)} ${escapeControls(text)}`);
  };
  add('why', error.why);
  if (isKind(error, 'CONFIG_INVALID') || isKind(error, 'PROJECT_FILE_INVALID'))
    lines.push(...renderIssues(error.details));
  if (isKind(error, 'IMAGE_RECIPE_INVALID'))
    lines.push(...error.details.problems.map((problem) => `  - ${escapeControls(problem)}`));
  add('fix', error.fix);
  if (isKind(error, 'PREFLIGHT_FAILED') && error.why === undefined)
    for (const { problem, fix } of error.details.findings) {
      lines.push(`  - ${escapeControls(problem)}`);
      if (fix !== undefined) lines.push(`    ${style.bold('fix:')} ${escapeControls(fix)}`);
    }
  for (const file of filesOf(error)) lines.push(`  - ${escapeControls(file)}`);
  const tail = tailOf(error);
  if (tail !== undefined) {
    lines.push(`  ${style.bold(`${tail.title}:`)}`);
    lines.push(
      ...escapeLines(tail.text.trimEnd())
        .split('\n')
        .map((line) => `    ${line}`),
    );
  }
  if (verbose || error.kind === 'INTERNAL') add('ref', refOf(error));
  if (verbose) {
    add('kind', error.kind);
    add('details', JSON.stringify(error.details));
    for (const cause of causesOf(error)) add('cause', cause);
  }
  return `${lines.join('\n')}\n`;
}

function tailOf(error: BangerError): { title: string; text: string } | undefined {
  if (isKind(error, 'VM_BOOT_FAILED')) return part('last lines of the console', error.details.consoleTail);
  if (isKind(error, 'DAEMON_START_FAILED')) return part('last lines of its log', error.details.logTail);
  if (isKind(error, 'IMAGE_BUILD_FAILED')) return part('last lines of its output', error.details.stderrTail);
  if (isKind(error, 'VMM_FAILED')) return part('last lines of its output', error.details.stderrTail);
  if (isKind(error, 'WORKSPACE_IMPORT_FAILED'))
    return part('last lines of its output', error.details.stderrTail);
  if (isKind(error, 'PROJECT_STEP_FAILED')) return part('last lines of its output', error.details.outputTail);
  if (isKind(error, 'PROCESS_FAILED')) return part('last lines of its output', error.details.stderrTail);
  return undefined;
}

const SHOWN_FILES = 20;

/** What a repository cannot take, or would lose. */
function filesOf(error: BangerError): string[] {
  if (
    !isKind(error, 'WORKSPACE_MERGE_CONFLICT') &&
    !isKind(error, 'WORKSPACE_TREE_DIRTY') &&
    !isKind(error, 'WORKSPACE_HAS_WORK')
  )
    return [];
  const { files } = error.details;
  // a few are named by the reason already
  if (files.every((file) => error.why?.includes(file))) return [];
  const more = files.length - SHOWN_FILES;
  return more > 0 ? [...files.slice(0, SHOWN_FILES), `and ${more} more`] : files;
}

const TAIL_LINES = 20;

function part(title: string, text: unknown): { title: string; text: string } | undefined {
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  return { title, text: text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n') };
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push(cause.message);
  }
  return causes;
}

/** Exit status for a failure; in commands whose status is the guest's, banger's own failures are 125 (podman). */
export function exitCodeFor(error: BangerError, guestExitCodes: boolean): number {
  const own = exitCodeOf(error.kind);
  if (!guestExitCodes || error.kind === 'USAGE_INVALID' || error.category === 'cancelled') return own;
  return EXEC_EXIT_CODES.bangerFailed;
}
