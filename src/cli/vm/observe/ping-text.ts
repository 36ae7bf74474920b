import type { VmPingView } from '../../../contract/vm-observation.dto.js';
import { escapeControls } from '../../render/text.js';

const WAYS = [
  ['control', 'controlMs'],
  ['agent', 'agentMs'],
  ['ssh', 'sshMs'],
] as const;

/** `web: seq=1 control=0.8 ms agent=3.1 ms ssh=45 ms` */
export function renderPing(answer: VmPingView, sequence: number): string {
  const ways = WAYS.map(([name, key]) => `${name}=${formatMs(answer[key])}`);
  return `${escapeControls(answer.name)}: seq=${sequence} ${ways.join(' ')}\n`;
}

/** As ping's last lines: for each way how many answered, and how fast. */
export function summarize(answers: readonly VmPingView[]): { text: string; allAnswered: boolean } {
  const [first] = answers;
  if (first === undefined) return { text: '', allAnswered: true };
  let allAnswered = true;
  const lines = WAYS.map(([name, key]) => {
    const times = answers.map((answer) => answer[key]).filter((ms) => ms !== undefined);
    if (times.length < answers.length) allAnswered = false;
    const counts = `${times.length} of ${answers.length} answered`;
    if (times.length === 0) return `  ${name.padEnd(7)} ${counts}\n`;
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const bounds = [Math.min(...times), mean, Math.max(...times)].map((ms) =>
      formatMs(ms).replace(' ms', ''),
    );
    return `  ${name.padEnd(7)} ${counts}, min/mean/max ${bounds.join('/')} ms\n`;
  });
  return { text: `${escapeControls(first.name)}:\n${lines.join('')}`, allAnswered };
}

function formatMs(ms: number | undefined): string {
  if (ms === undefined) return 'no answer';
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
