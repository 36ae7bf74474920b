/** Text that comes from elsewhere (guests, file names, tools) made safe and fitting for a terminal. */

// eslint-disable-next-line no-control-regex -- these are what the function is for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\n\t]/gu;
const ZERO_WIDTH = /\p{Mark}|\u200b|\u200d|\ufe0f/u;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Control and direction-changing characters written out, so that no guest can move the cursor or fake a line. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return ' ';
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same for text of several lines: newlines and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(/\r\n/g, '\n').split('\n').map(escapeControls).join('\n');
}

function widthOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Terminal columns that the text takes; it must hold no escape sequences. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** At most so many columns, ending in … where something was cut off. */
export function truncate(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let taken = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    taken += character;
  }
  return columns < 1 ? '' : `${taken}…`;
}

/** Lines of at most so many columns, broken at spaces; a word that is longer keeps a line for itself. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min` */
export function formatDuration(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${twoDigits(Math.floor(seconds / 60) % 60)} min`;
}

/** `90 s`, `30 min`, `2 h`, `1 h 30 min`, `7 d`: a length of time that somebody chose, nothing of it left out */
export function formatSpan(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return said.length === 0 ? '0 s' : said.join(' ');
}

/** `45s`, `12m`, `3h`, `9d`: age in tables */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `team=web tier=2` */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** `512M`, `1.5G`, `2G` from MiB */
export function formatMib(mib: number): string {
  if (mib < 1024) return `${mib}M`;
  return `${Number((mib / 1024).toFixed(1))}G`;
}
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  if (bytes < 1 << 20) return `${Number((bytes / 1024).toFixed(1))}K`;
  return formatMib(Number((bytes / (1 << 20)).toFixed(bytes < 100 * (1 << 20) ? 1 : 0)));
}

/** `0`, `812`, `1.2K`, `340M`, `2.5G`: bytes in at most four columns, for tables that change as one looks */
export function formatShort(bytes: number): string {
  let value = Math.max(0, bytes);
  for (const unit of ['', 'K', 'M', 'G']) {
    if (value < 999.5) return `${unit === '' || value >= 9.95 ? Math.round(value) : value.toFixed(1)}${unit}`;
    value /= 1024;
  }
  return `${value >= 9.95 ? Math.round(value) : value.toFixed(1)}T`;
}

/** `1 file`, `2 files` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
