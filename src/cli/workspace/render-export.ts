import type { WorkspaceExportView } from '../../contract/workspace.dto.js';
import { escapeControls } from '../render/text.js';

const SHORT_ID = 12;

/** `banger/web: 3 commits, the last is what was not committed`; nothing when there is no work */
export function renderExport({ branch, outcome, commits, uncommitted, merged }: WorkspaceExportView): string {
  if (outcome === 'nothing') return '';
  const count = `${commits} commit${commits === 1 ? '' : 's'}`;
  const last = commits === 1 ? 'what was not committed' : 'the last is what was not committed';
  const says = [count, ...(uncommitted ? [last] : []), ...(outcome === 'created' ? [] : [outcome])].join(
    ', ',
  );
  const lines = [`${branch}: ${says}`];
  if (merged !== undefined) {
    const into = merged.into ?? 'HEAD';
    const at = merged.commit.slice(0, SHORT_ID);
    lines.push(merged.kind === 'none' ? `${into}: has it already` : `${into}: ${merged.kind} to ${at}`);
  }
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}

/** What to type next. @param cwd where it will be typed */
export function exportHints(view: WorkspaceExportView, cwd: string): string[] {
  const { vm, repository, branch, outcome, merged } = view;
  if (outcome === 'nothing') return [`${vm} has no work that the host does not have`];
  if (merged !== undefined) return [];
  const isThere = cwd === repository || cwd.startsWith(`${repository}/`);
  const git = isThere ? 'git' : `git -C ${quoted(repository)}`;
  return [`look at it: ${git} log HEAD..${quoted(branch)}`, `take it: ${git} merge ${quoted(branch)}`].map(
    escapeControls,
  );
}

/** For a shell, where it needs that. */
export function quoted(word: string): string {
  return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
