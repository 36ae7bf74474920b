import type { WorkspaceExportView } from '../../contract/workspace.dto.js';
import { counted, escapeControls } from '../render/text.js';

const SHORT_ID = 12;

/** `banger/web: 3 commits, the last of what was not committed, 12 files`; nothing when there is no work */
export function renderExport(view: WorkspaceExportView): string {
  const { branch, outcome, commits, uncommitted, files, merged } = view;
  if (outcome === 'nothing') return '';
  const last = commits === 1 ? ' of what was not committed' : ', the last of what was not committed';
  const says = [
    `${counted(commits, 'commit')}${uncommitted ? last : ''}`,
    counted(files, 'file'),
    ...(outcome === 'created' ? [] : [outcome]),
  ].join(', ');
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
