import type { DoctorCheckView, DoctorProblemView, DoctorReport } from '../../contract/system.dto.js';
import type { Style } from '../render/style.js';
import { columnsOf, escapeControls, pad } from '../render/text.js';

/** One line for each check; under those that need it what was found, why it matters, and the remedy. */
export function renderDoctor(report: DoctorReport, style: Style, indent = ''): string {
  const marks = { ok: style.green('✔'), warn: style.yellow('!'), fail: style.red('✖') };
  const width = Math.max(0, ...report.checks.map((check) => columnsOf(escapeControls(check.title))));
  const margin = `${indent}  ${' '.repeat(width)}  `;
  return report.checks
    .map((check) => {
      const { problems = [] } = check;
      const title = pad(escapeControls(check.title), width);
      const detail = problems.length === 1 ? '' : `  ${escapeControls(check.detail)}`;
      const [first = '', ...more] = [
        ...(detail === '' ? [] : [detail.trimStart()]),
        ...problems.flatMap((problem) =>
          problemLines(problem, problems.length === 1 ? '' : `${marks[problem.status]} `, style),
        ),
        ...remedyLines(check, style),
      ];
      const lines = [
        `${indent}${marks[check.status]} ${title}  ${first}`,
        ...more.map((line) => margin + line),
      ];
      return lines.map((line) => `${line}\n`).join('');
    })
    .join('');
}

function problemLines({ what, why, fix }: DoctorProblemView, mark: string, style: Style): string[] {
  return [
    `${mark}${escapeControls(what)}`,
    ...(why === undefined ? [] : [`  ${style.bold('why:')} ${escapeControls(why)}`]),
    ...(fix === undefined ? [] : [`  ${style.bold('fix:')} ${escapeControls(fix)}`]),
  ];
}

function remedyLines({ status, fix }: DoctorCheckView, style: Style): string[] {
  return fix === undefined || status === 'ok' ? [] : [`${style.bold('fix:')} ${escapeControls(fix)}`];
}
