import headless from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryOutputLog } from '../../../test/support/fakes/memory-output-log.js';
import { Writing } from '../../../test/support/session-records.js';
import { OutputReader } from '../read/output-reader.js';
import { drawScreen } from './screen.js';

const ESC = '\u001b';
const NEVER = new AbortController().signal;

/** What somebody sees who gets these bytes on a terminal of their own. */
async function shown(bytes: Buffer, rows = 24, columns = 80): Promise<Terminal> {
  const terminal = new headless.Terminal({ rows, cols: columns, scrollback: 0, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(bytes, resolve));
  return terminal;
}

const lineOf = (terminal: Terminal, row: number): string =>
  terminal.buffer.active.getLine(row)?.translateToString(true) ?? '';

function linesOf(terminal: Terminal): string[] {
  const lines = Array.from({ length: terminal.rows }, (_, row) => lineOf(terminal, row));
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

describe('the screen of a session', () => {
  let log: MemoryOutputLog;
  let written: Writing;
  let reader: OutputReader;
  beforeEach(async () => {
    log = new MemoryOutputLog();
    written = new Writing();
    reader = new OutputReader(log);
    await log.append([written.mark(), written.size(24, 80)]);
  });

  const write = (...texts: (string | Buffer)[]): Promise<void> =>
    log.append(texts.map((text) => written.out(text)));
  const draw = (size?: { rows: number; columns: number }): ReturnType<typeof drawScreen> =>
    drawScreen(reader, size, NEVER);
  async function seen(size?: { rows: number; columns: number }): Promise<Terminal> {
    return shown((await draw(size)).screen, size?.rows, size?.columns);
  }

  it('is empty where nothing was written', async () => {
    expect(linesOf(await seen())).toEqual([]);
    const nothing = await drawScreen(new OutputReader(new MemoryOutputLog()), undefined, NEVER);
    expect(nothing.screen.length).toBe(0);
    expect(nothing.next.from).toEqual({ stdout: 0, stderr: 0 });
  });

  it('has the text, its colours, and the cursor', async () => {
    await write(`one\r\n${ESC}[1;31mred${ESC}[0m plain 日本${ESC}[5;10H`);
    const terminal = await seen();
    expect(linesOf(terminal)).toEqual(['one', 'red plain 日本']);
    const cell = terminal.buffer.active.getLine(1)?.getCell(0);
    expect([cell?.getFgColor(), cell?.isBold() !== 0]).toEqual([1, true]);
    expect([terminal.buffer.active.cursorY, terminal.buffer.active.cursorX]).toEqual([4, 9]);
  });

  it('is what is seen at last, and says where the output goes on', async () => {
    await write(...Array.from({ length: 100 }, (_, index) => `line ${index}\r\n`));
    const { screen, next } = await draw();
    const lines = linesOf(await shown(screen));
    expect([lines[0], lines.at(-1)]).toEqual(['line 77', 'line 99']);
    expect(next.from).toEqual(log.counts);
    await write('more');
    const rest: string[] = [];
    for await (const { payload } of reader.pieces(next, { over: undefined, signal: NEVER }))
      rest.push(payload.toString());
    expect(rest).toEqual(['more']);
  });

  it('can be cut off anywhere, also in a character or a sequence: what comes then goes on from there', async () => {
    const whole = Buffer.from(
      `aé日😀${ESC}[1;31mr${ESC}[0m${ESC}]0;title\u0007b${ESC}]8;;http://x/${ESC}\\c${ESC}(B${ESC}Pq#${ESC}\\d${ESC}7e\r\n${ESC}[?25lf`,
    );
    const lines = linesOf(await shown(whole));
    expect(lines).toEqual(['aé日😀rbcde', 'f']);
    for (let at = 0; at <= whole.length; at += 1) {
      log = new MemoryOutputLog();
      written = new Writing();
      reader = new OutputReader(log);
      await log.append([written.mark(), written.size(24, 80)]);
      for (let from = 0; from < at; from += 3) await write(whole.subarray(from, Math.min(at, from + 3)));
      const { screen } = await draw();
      expect([at, linesOf(await shown(Buffer.concat([screen, whole.subarray(at)])))]).toEqual([at, lines]);
    }
  });

  it('is the alternate one while a program has it, and the other one after that', async () => {
    await write('before\r\n', `${ESC}[?1049h${ESC}[2J${ESC}[3;1Hinside`);
    const inside = await seen();
    expect([inside.buffer.active.type, lineOf(inside, 2)]).toEqual(['alternate', 'inside']);
    await write(`${ESC}[?1049l`, 'after');
    const after = await seen();
    expect([after.buffer.active.type, ...linesOf(after)]).toEqual(['normal', 'before', 'after']);
  });

  it('has the modes that a program has set', async () => {
    await write(`${ESC}[?1h${ESC}[?2004h${ESC}[?1000h`);
    const { modes } = await seen();
    expect([modes.applicationCursorKeysMode, modes.bracketedPasteMode, modes.mouseTrackingMode]).toEqual([
      true,
      true,
      'vt200',
    ]);
  });

  it('is drawn with the sizes that the terminal had, also one with a region that scrolls', async () => {
    await write(`${ESC}[2J${ESC}[24;1Hbottom of 24`);
    await log.append([written.size(10, 40)]);
    await write(`${ESC}[2J${ESC}[H${ESC}[1;9r${ESC}[10;1Hstatus${ESC}[1;1H`);
    await write(...Array.from({ length: 20 }, (_, index) => `row ${index}\r\n`));
    const terminal = await seen({ rows: 10, columns: 40 });
    expect(linesOf(terminal)).toEqual([
      ...Array.from({ length: 8 }, (_, index) => `row ${index + 12}`),
      '',
      'status',
    ]);
  });

  // Each was gone through, at milliseconds a change, and nothing else was done meanwhile.
  it('is drawn soon, however often a program has changed the size', async () => {
    const sizes = [written.size(1, 1000), written.size(1000, 1000)];
    for (let batch = 0; batch < 100; batch += 1) {
      const records = Array.from({ length: 200 }, (_, at) => sizes[at % 2] ?? written.mark());
      await log.append([...records, ...records.flatMap((record) => [record, written.out('.')])]);
    }
    await log.append([written.size(10, 40), written.out(`${ESC}[H${ESC}[2Jlast`)]);
    const begun = performance.now();
    const terminal = await seen({ rows: 10, columns: 40 });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(linesOf(terminal)).toEqual(['last']);
  });

  it('fits the size of who looks', async () => {
    await write(`${'x'.repeat(60)}\r\nend`);
    const terminal = await seen({ rows: 5, columns: 20 });
    expect(lineOf(terminal, terminal.buffer.active.cursorY)).toBe('end');
  });

  it.each([
    { rows: 1, columns: 1 },
    { rows: 1000, columns: 1000 },
    { rows: 65_535, columns: 65_535 },
  ])('can be drawn for $rows rows and $columns columns', async (size) => {
    await log.append([written.size(size.rows, size.columns)]);
    await write('a\r\nb');
    const { screen } = await draw(size);
    expect(screen.toString()).toContain('b');
    expect(screen.length).toBeLessThan(10_000);
  });

  describe('after more than is drawn again', () => {
    const filler = (bytes: number): string[] =>
      Array.from({ length: Math.ceil(bytes / 60_000) }, () => `${'.'.repeat(58)}\r\n`.repeat(1000));

    it('has modes that were set before that, and not those that were taken back', async () => {
      // one of them lies across two pieces
      await write(`${ESC}[?2004h${ESC}[?1000h${ESC}[?10`, `49h`, `${ESC}[?1;7h${ESC}[?1000l`);
      await write(...filler(2 << 20), `${ESC}[H${ESC}[2Jlast`);
      const terminal = await seen();
      const { modes } = terminal;
      expect(linesOf(terminal)).toEqual(['last']);
      expect([terminal.buffer.active.type, modes.bracketedPasteMode, modes.mouseTrackingMode]).toEqual([
        'alternate',
        true,
        'none',
      ]);
      expect(modes.applicationCursorKeysMode).toBe(true);
    });

    it('has the size that the terminal had before that', async () => {
      await log.append([written.size(10, 40)]);
      await write(...filler(2 << 20), `${ESC}[H${ESC}[2J${ESC}[99;99Hx`);
      const { buffer } = await seen({ rows: 10, columns: 40 });
      expect(buffer.active.getLine(9)?.translateToString(true)).toBe(`${' '.repeat(39)}x`);
    });

    it('does not begin in the middle of a character or a sequence', async () => {
      for (let shift = 0; shift < 6; shift += 1) {
        log = new MemoryOutputLog();
        written = new Writing();
        reader = new OutputReader(log);
        await log.append([written.mark(), written.size(24, 80)]);
        const whole = Buffer.from(`日${ESC}[32m`.repeat(200_000) + `${ESC}[0m${ESC}[H${ESC}[2J日本`);
        for (let at = 0; at < whole.length; at += 60_001) await write(whole.subarray(at, at + 60_001));
        await write('x'.repeat(shift));
        const { screen } = await draw();
        expect(linesOf(await shown(screen))).toEqual([`日本${'x'.repeat(shift)}`]);
        expect(screen.toString()).not.toContain('\ufffd');
      }
    });

    it('is drawn in a second or so', async () => {
      await write(...filler(8 << 20));
      const begun = performance.now();
      await draw();
      expect(performance.now() - begun).toBeLessThan(5_000);
    });
  });

  it('is given up when who wanted it goes away', async () => {
    await write('one');
    const { screen } = await drawScreen(reader, undefined, AbortSignal.abort());
    expect(screen.length).toBe(0);
  });
});
