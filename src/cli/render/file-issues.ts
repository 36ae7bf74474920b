import type { FileIssue } from '../../contract/errors.js';
import { escapeControls } from './text.js';

/** A line for each issue of a file; none when the only one is the file itself, which the message has told. */
export function renderIssues({ file, issues }: { file: string; issues: readonly FileIssue[] }): string[] {
  const [first, ...more] = issues;
  if (more.length === 0 && first?.line === undefined && first?.variable === undefined) return [];
  return issues.map((issue) => `  - ${escapeControls(formatIssue(file, issue))}`);
}

/** `config.toml:3:1: vm.cpus must be …; did you mean …?`, in the form that editors and terminals make a link of. */
function formatIssue(file: string, issue: FileIssue): string {
  const { line, column, key, variable, suggestion, message } = issue;
  const place = variable ?? [file, line, column].filter((part) => part !== undefined).join(':');
  const subject = key === undefined ? '' : `${key} `;
  return `${place}: ${subject}${message}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;
}
