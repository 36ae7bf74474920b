import type { DoctorReport } from '../../contract/system.dto.js';
import type { Style } from '../render/style.js';
import { columnsOf, escapeControls, pad } from '../render/text.js';

/** One line for each check, and a line with the remedy under those that need one. */
export function renderDoctor(report: DoctorReport, style: Style, indent = ''): string {
  const marks = { ok: style.green('✔'), warn: style.yellow('!'), fail: style.red('✖') };
  const width = Math.max(0, ...report.checks.map((check) => columnsOf(escapeControls(check.title))));
  return report.checks
    .map((check) => {
      const title = pad(escapeControls(check.title), width);
      const line = `${indent}${marks[check.status]} ${title}  ${escapeControls(check.detail)}\n`;
      if (check.fix === undefined || check.status === 'ok') return line;
      return `${line}${indent}  ${' '.repeat(width)}  ${style.bold('fix:')} ${escapeControls(check.fix)}\n`;
    })
    .join('');
}
