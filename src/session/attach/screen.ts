import type { TerminalSize } from '../../contract/index.js';
import { sizeOf } from '../output/output-record.js';
import type { OutputRecord } from '../output/output-record.js';
import type { OutputCursor, OutputReader } from '../read/output-reader.js';
import { TAIL_BYTES, unfinished } from './unfinished.js';

/** `bytes` of output that a screen is made from: what a program draws again and again lies at its end */
const REPLAYED_BYTES = 1 << 20;
/** columns and rows that are drawn; memory and time grow with both */
const MAX_EXTENT = 1_000;
/** cells of all sizes that are gone through: a program may change its own at every byte, and a large one takes 30 ms */
const MAX_CELLS = 20_000_000;
/** `bytes` that the emulator is given at once */
const WRITTEN_BYTES = 1 << 16;
const ESCAPE = '\u001b';
/** ESC [ ? numbers h or l: a mode is set or taken back */
const MODES = new RegExp(String.raw`${ESCAPE}\[\?([\d;]{1,64})([hl])`, 'g');
/** numbers that modes have: a guest may send any, of which so many are kept */
const MODE = /^\d{1,4}$/;
/** the longest of them, which two pieces may share */
const OVERLAP = 80;

/**
 * What a terminal shows after all that a session has written up to now, as what another has to be sent to show the same: text,
 * colours, cursor and modes. By a terminal emulator, since it follows from all escape sequences that there were, and from the
 * sizes that the terminal had.
 * @param size that it is to be drawn for; the session's own when undefined
 * @returns it, and where the output goes on
 */
export async function drawScreen(
  reader: OutputReader,
  size: TerminalSize | undefined,
  signal: AbortSignal,
): Promise<{ screen: Buffer; next: OutputCursor }> {
  const next = reader.end();
  const terminal = await makeTerminal();
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const step of batched(replayed(reader, next.from.stdout, signal))) {
      if (!Buffer.isBuffer(step)) {
        terminal.resize(step);
        continue;
      }
      await terminal.write(step);
      tail = Buffer.concat([tail, step.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    }
    if (size !== undefined) terminal.resize(size);
    // what goes on in the middle of a character or a sequence goes on so where it is sent to
    return { screen: Buffer.concat([terminal.draw(), unfinished(tail)]), next };
  } finally {
    terminal.dispose();
  }
}

interface Emulator {
  write(bytes: Buffer): Promise<void>;
  resize(size: TerminalSize): void;
  draw(): Buffer;
  dispose(): void;
}

async function makeTerminal(): Promise<Emulator> {
  const [{ default: headless }, { default: serialize }] = await Promise.all([
    // They cost time and memory; a daemon that nobody attaches through never pays for them.
    import('@xterm/headless'),
    import('@xterm/addon-serialize'),
  ]);
  const terminal = new headless.Terminal({ scrollback: 0, allowProposedApi: true });
  const addon = new serialize.SerializeAddon();
  terminal.loadAddon(addon);
  return {
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    resize: ({ columns, rows }) => terminal.resize(Math.min(columns, MAX_EXTENT), Math.min(rows, MAX_EXTENT)),
    draw: () => Buffer.from(addon.serialize({ scrollback: 0 })),
    dispose: () => terminal.dispose(),
  };
}

/** Output and sizes, in their order, as far back as needed: of what was before, the modes and the size. */
async function* replayed(
  reader: OutputReader,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer | TerminalSize> {
  const beginning = await reader.beginning();
  const from = Math.max(beginning.from.stdout, to - REPLAYED_BYTES);
  const modes = new Modes();
  const sizes = new Sizes();
  let isWithin = from === beginning.from.stdout;
  let at = beginning.from.stdout;
  for await (const piece of reader.screenPieces(beginning, { over: undefined, signal })) {
    if (piece.stream === 'size') {
      sizes.read(piece);
      continue;
    }
    if (at >= to) break;
    const { payload } = piece;
    const end = at + payload.length;
    if (at < from) modes.read(payload.subarray(0, from - at));
    if (end > from) {
      const bytes = payload.subarray(Math.max(0, from - at), to - at);
      // not in the middle of a sequence or a character
      const start = isWithin ? 0 : bytes.indexOf(ESCAPE);
      if (start !== -1) {
        if (sizes.mayApply) yield* sizes.take();
        if (!isWithin) yield modes.sequences();
        isWithin = true;
        yield bytes.subarray(start);
      }
    }
    at = end;
  }
  yield* sizes.take();
}

/** The sizes of a terminal: only one that something is written in makes a difference, and the last one. */
class Sizes {
  #next: TerminalSize | undefined;
  #cells = 0;

  get mayApply(): boolean {
    return this.#cells < MAX_CELLS;
  }

  read(record: Pick<OutputRecord, 'payload'>): void {
    const size = sizeOf(record);
    if (size === undefined) return;
    this.#next = { columns: Math.min(size.columns, MAX_EXTENT), rows: Math.min(size.rows, MAX_EXTENT) };
  }

  *take(): Generator<TerminalSize> {
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#cells += next.rows * next.columns;
    yield next;
  }
}

/** The same in larger pieces: a write takes the emulator a millisecond, and each key that was typed is a piece. */
async function* batched(steps: AsyncIterable<Buffer | TerminalSize>): AsyncGenerator<Buffer | TerminalSize> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const step of steps) {
    if (Buffer.isBuffer(step)) {
      held.push(step);
      bytes += step.length;
      if (bytes < WRITTEN_BYTES) continue;
    }
    if (bytes > 0) yield Buffer.concat(held);
    [held, bytes] = [[], 0];
    if (!Buffer.isBuffer(step)) yield step;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** The modes that a terminal has come to be in. */
class Modes {
  readonly #set = new Map<string, string>();
  #rest = '';

  read(payload: Buffer): void {
    const text = this.#rest + payload.toString('latin1');
    for (const [, numbers = '', how = ''] of text.matchAll(MODES))
      for (const number of numbers.split(';')) if (MODE.test(number)) this.#set.set(number, how);
    this.#rest = text.slice(-OVERLAP);
  }

  sequences(): Buffer {
    return Buffer.from([...this.#set].map(([number, how]) => `${ESCAPE}[?${number}${how}`).join(''));
  }
}
