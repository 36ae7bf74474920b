import type {
  WorkspaceFileView,
  WorkspaceHostView,
  WorkspaceStatusView,
} from '../../contract/workspace.dto.js';
import type { Style } from '../render/style.js';
import { renderFacts } from '../render/table.js';
import { counted, escapeControls } from '../render/text.js';

/** digits of a commit's id, as many as nobody confuses */
const SHORT_ID = 12;

/** For people. Names of branches and files come from the guest. */
export function renderStatus(status: WorkspaceStatusView, style: Style): string {
  const { workspace, files, truncated } = status;
  const facts = [
    ['vm', status.vm],
    ['workspace', `${workspace.hostPath} in ${workspace.guestPath}`],
    ['base', idAndBranch(workspace.head, workspace.branch) || 'no commit'],
    ['branch', status.branch ?? `none, HEAD is at ${idAndBranch(status.head)}`],
    ['commits', status.commitsAhead === 0 ? 'none' : `${status.commitsAhead} that the base does not have`],
    ['host', hostLine(status.host)],
    ...(workspace.exports ?? []).map(
      ({ branch, commit }) => ['exported', idAndBranch(commit, branch)] as const,
    ),
  ] as const;
  return [
    renderFacts(facts.map(([name, value]) => [name, escapeControls(value)] as const)),
    ...group(
      'committed',
      files.filter(({ uncommitted }) => !uncommitted),
      style,
    ),
    ...group(
      'not committed',
      files.filter(({ uncommitted }) => uncommitted),
      style,
    ),
    truncated ? '\nthere are more files than are listed\n' : '',
  ].join('');
}

function group(title: string, files: readonly WorkspaceFileView[], style: Style): string[] {
  if (files.length === 0) return [];
  return [`\n${style.bold(`${title}:`)}\n`, ...files.map((file) => fileLine(file, style))];
}

function fileLine({ path, change }: WorkspaceFileView, style: Style): string {
  const marks = {
    added: style.green('A'),
    modified: style.yellow('M'),
    deleted: style.red('D'),
    'type-changed': style.yellow('T'),
    conflicted: style.red('U'),
  };
  return `  ${marks[change]} ${escapeControls(path)}\n`;
}

function hostLine(host: WorkspaceHostView): string {
  const { commitsSince = 0, commitsGone = 0, uncommittedFiles = 0 } = host;
  const where = host.head === undefined ? [] : [host.branch ?? `HEAD at ${idAndBranch(host.head)}`];
  const says = [
    ...where,
    ...(host.problem === undefined ? [] : [host.problem]),
    ...(commitsSince > 0 ? [`${counted(commitsSince, 'commit')} since`] : []),
    ...(commitsGone > 0 ? [`${counted(commitsGone, 'commit')} of the base not in it`] : []),
    ...(uncommittedFiles > 0 ? [`${counted(uncommittedFiles, 'file')} not committed`] : []),
  ];
  return says.length > where.length ? says.join(', ') : [...says, 'as it was'].join(', ');
}

function idAndBranch(id: string | undefined, branch?: string): string {
  return [id?.slice(0, SHORT_ID), branch].filter((part) => part !== undefined).join(' ');
}
