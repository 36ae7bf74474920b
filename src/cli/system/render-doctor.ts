import type { DoctorCheckView, DoctorProblemView, DoctorReport } from '../../contract/system.dto.js';
import type { Style } from '../render/style.js';
import { columnsOf, escapeControls, pad, wrap } from '../render/text.js';

/** Narrower than this, lines are left to the terminal. */
const MIN_COLUMNS = 24;

interface Layout {
  readonly indent?: string;
  /** columns of the terminal; without it no line is broken */
  readonly width: number | undefined;
}

/** What is told beside a title: a mark or a word in front, and the text that is wrapped behind it. */
interface Remark {
  readonly lead: string;
  readonly leadColumns: number;
  readonly text: string;
}

/** One line for each check; under those that need it what was found, why it matters, and the remedy. */
export function renderDoctor(report: DoctorReport, style: Style, { indent = '', width }: Layout): string {
  const marks = { ok: style.green('✔'), warn: style.yellow('!'), fail: style.red('✖') };
  const titles = Math.max(0, ...report.checks.map((check) => columnsOf(escapeControls(check.title))));
  const margin = ' '.repeat(indent.length + 2 + titles + 2);
  const columns = width === undefined ? Number.POSITIVE_INFINITY : width - margin.length;
  return report.checks
    .map((check) => {
      const { problems = [] } = check;
      const remarks = [
        ...(problems.length === 1 ? [] : [plain(check.detail)]),
        ...problems.flatMap((problem) =>
          problemRemarks(problem, problems.length === 1 ? '' : marks[problem.status], style),
        ),
        ...remedy(check, style),
      ];
      const title = `${indent}${marks[check.status]} ${pad(escapeControls(check.title), titles)}  `;
      const lines = remarks.flatMap((remark) => linesOf(remark, columns));
      return lines.map((line, at) => `${at === 0 ? title : margin}${line}\n`).join('');
    })
    .join('');
}

function linesOf({ lead, leadColumns, text }: Remark, columns: number): string[] {
  const room = columns - leadColumns;
  const lines = room < MIN_COLUMNS ? [text] : wrap(text, room);
  return lines.map((line, at) => `${at === 0 ? lead : ' '.repeat(leadColumns)}${line}`);
}

function plain(text: string): Remark {
  return { lead: '', leadColumns: 0, text: escapeControls(text) };
}

function labelled(indent: string, label: string, text: string | undefined, style: Style): Remark[] {
  if (text === undefined) return [];
  return [
    {
      lead: `${indent}${style.bold(label)} `,
      leadColumns: indent.length + label.length + 1,
      text: escapeControls(text),
    },
  ];
}

/** @param mark told before it where there are several; empty for the only one */
function problemRemarks({ what, why, fix }: DoctorProblemView, mark: string, style: Style): Remark[] {
  return [
    mark === '' ? plain(what) : { lead: `${mark} `, leadColumns: 2, text: escapeControls(what) },
    ...labelled('  ', 'why:', why, style),
    ...labelled('  ', 'fix:', fix, style),
  ];
}

function remedy({ status, fix }: DoctorCheckView, style: Style): Remark[] {
  return status === 'ok' ? [] : labelled('', 'fix:', fix, style);
}
