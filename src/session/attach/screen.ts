import type { TerminalSize } from '../../contract/index.js';
import type { OutputCursor, OutputReader } from '../read/output-reader.js';

/** `bytes` of output that a screen is made from: what a program draws again and again lies at its end */
const REPLAYED_BYTES = 1 << 20;
/** columns and rows that are drawn; memory and time grow with both */
const MAX_EXTENT = 1_000;
const ESCAPE = '\u001b';
/** ESC [ ? numbers h or l: a mode is set or taken back */
const MODES = new RegExp(String.raw`${ESCAPE}\[\?([\d;]{1,64})([hl])`, 'g');
/** the longest of them, which two pieces may share */
const OVERLAP = 80;

/**
 * What a terminal of this size shows after all that a session has written up to now, as what a terminal has to be sent to show
 * it: text, colours, cursor and modes. By a terminal emulator, since it follows from all escape sequences that there were.
 * @returns it, and where the output goes on
 */
export async function drawScreen(
  reader: OutputReader,
  size: TerminalSize,
  signal: AbortSignal,
): Promise<{ screen: Buffer; next: OutputCursor }> {
  const next = reader.end();
  const from = Math.max(0, next.from.stdout - REPLAYED_BYTES);
  const { modes, tail } = await collect(reader, { from, to: next.from.stdout }, signal);
  const [{ default: headless }, { default: serialize }] = await Promise.all([
    // They cost time and memory; a daemon that nobody attaches through never pays for them.
    import('@xterm/headless'),
    import('@xterm/addon-serialize'),
  ]);
  const terminal = new headless.Terminal({
    cols: Math.min(size.columns, MAX_EXTENT),
    rows: Math.min(size.rows, MAX_EXTENT),
    scrollback: 0,
    allowProposedApi: true,
  });
  const addon = new serialize.SerializeAddon();
  try {
    terminal.loadAddon(addon);
    await new Promise<void>((resolve) => terminal.write(Buffer.concat([Buffer.from(modes), tail]), resolve));
    return { screen: Buffer.from(addon.serialize({ scrollback: 0 })), next };
  } finally {
    terminal.dispose();
  }
}

/** The last bytes of the output, and the modes that were set before them. */
async function collect(
  reader: OutputReader,
  { from, to }: { from: number; to: number },
  signal: AbortSignal,
): Promise<{ modes: string; tail: Buffer }> {
  const modes = new Map<string, string>();
  const tail: Buffer[] = [];
  let rest = '';
  let at = 0;
  const beginning = await reader.beginning();
  at = beginning.from.stdout;
  for await (const { payload } of reader.pieces(beginning, { over: undefined, signal })) {
    const end = at + payload.length;
    if (at < from) {
      const text = rest + payload.toString('latin1', 0, Math.min(payload.length, from - at));
      for (const [, numbers = '', set = ''] of text.matchAll(MODES))
        for (const number of numbers.split(';')) modes.set(number, set);
      rest = text.slice(-OVERLAP);
    }
    if (end > from && at < to) tail.push(payload.subarray(Math.max(0, from - at), to - at));
    at = end;
    if (at >= to) break;
  }
  const bytes = Buffer.concat(tail);
  return {
    modes: [...modes].map(([number, set]) => `\u001b[?${number}${set}`).join(''),
    // not in the middle of a sequence or a character
    tail: from > 0 ? bytes.subarray(Math.max(0, bytes.indexOf(ESCAPE))) : bytes,
  };
}
