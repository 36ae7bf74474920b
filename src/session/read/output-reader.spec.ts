import { beforeEach, describe, expect, it } from 'vitest';
import { Random } from '../../../test/fuzz/rpc/random.js';
import { MemoryOutputLog } from '../../../test/support/fakes/memory-output-log.js';
import { Writing } from '../../../test/support/session-records.js';
import type { OutputRecord } from '../output/output-record.js';
import { OutputReader } from './output-reader.js';
import type { OutputCursor } from './output-reader.js';

const NEVER = new AbortController().signal;
const T = 1_800_000_000_000;

let log: MemoryOutputLog;
let reader: OutputReader;
let written: Writing;
beforeEach(() => {
  // of a few bytes at once, so that records lie across the reads
  log = new MemoryOutputLog(7);
  reader = new OutputReader(log);
  written = new Writing();
});

const append = (...records: OutputRecord[]): Promise<void> => log.append(records);

/** What is read from there on: `out:` and `err:` before each piece. */
async function read(cursor: OutputCursor | Promise<OutputCursor>): Promise<string> {
  const pieces: string[] = [];
  for await (const { stream, payload } of reader.pieces(await cursor, { over: undefined, signal: NEVER }))
    pieces.push(`${stream === 'stdout' ? 'out' : 'err'}:${payload.toString()}`);
  return pieces.join('|');
}

describe('output is read', () => {
  it('from the beginning to what there is', async () => {
    expect(await read(reader.beginning())).toBe('');
    await append(written.mark(), written.out('one\n'), written.err('two\n'), written.size(24, 80));
    await append(written.mark(), written.out('three\n'));
    expect(await reader.beginning()).toEqual({ offset: 0, from: { stdout: 0, stderr: 0 } });
    expect(await read(reader.beginning())).toBe('out:one\n|err:two\n|out:three\n');
    expect(await read(reader.end())).toBe('');
    expect(reader.end().from).toEqual({ stdout: 10, stderr: 4 });
  });

  it('from the beginning of what is kept', async () => {
    await append(written.mark(), written.out('one\n'), written.mark(), written.out('two\n'));
    log.dropOldest();
    expect((await reader.beginning()).from).toEqual({ stdout: 4, stderr: 0 });
    expect(await read(reader.beginning())).toBe('out:two\n');
  });

  it('behind what somebody has already, of each stream', async () => {
    await append(written.mark(), written.out('one\n'), written.err('uno\n'), written.out('two\n'));
    await append(written.mark(), written.out('three\n'), written.err('due\n'));
    const behind = (stdout: number, stderr: number): Promise<string> =>
      read(reader.behind({ stdout, stderr }));
    expect(await behind(0, 0)).toBe('out:one\n|err:uno\n|out:two\n|out:three\n|err:due\n');
    expect(await behind(6, 0)).toBe('err:uno\n|out:o\n|out:three\n|err:due\n');
    expect(await behind(14, 2)).toBe('err:o\n|err:due\n');
    expect(await behind(9, 6)).toBe('out:hree\n|err:e\n');
    expect(await behind(14, 8)).toBe('');
    // more than there is: it was begun anew
    expect(await behind(1000, 1000)).toBe('');
  });

  it('behind what somebody has already, as far as it is kept', async () => {
    await append(written.mark(), written.out('one\n'), written.mark(), written.out('two\n'));
    log.dropOldest();
    expect(await read(reader.behind({ stdout: 1, stderr: 0 }))).toBe('out:two\n');
  });

  it('from a time on', async () => {
    expect(await read(reader.since(T))).toBe('');
    await append(written.mark(), written.out('one\n', T), written.out('two\n', T + 1000));
    await append(written.mark(), written.err('three\n', T + 2000), written.out('four\n', T + 3000));
    const since = (ms: number): Promise<string> => read(reader.since(T + ms));
    expect(await since(-10_000)).toBe('out:one\n|out:two\n|err:three\n|out:four\n');
    expect(await since(0)).toBe('out:one\n|out:two\n|err:three\n|out:four\n');
    expect(await since(1)).toBe('out:two\n|err:three\n|out:four\n');
    expect(await since(1500)).toBe('err:three\n|out:four\n');
    expect(await since(2001)).toBe('out:four\n');
    expect(await since(3001)).toBe('');
  });
});

describe('the last lines', () => {
  const tail = (lines: number, stream?: 'stdout' | 'stderr'): Promise<string> =>
    read(reader.tail(lines, stream));

  it('are those of both streams, or of one', async () => {
    await append(written.mark(), written.out('a\nb\n'), written.err('c\n'), written.out('d\ne\n'));
    expect(await tail(0)).toBe('');
    expect(await tail(1)).toBe('out:e\n');
    expect(await tail(2)).toBe('out:d\ne\n');
    expect(await tail(3)).toBe('err:c\n|out:d\ne\n');
    expect(await tail(4)).toBe('out:b\n|err:c\n|out:d\ne\n');
    expect(await tail(5)).toBe('out:a\nb\n|err:c\n|out:d\ne\n');
    expect(await tail(99)).toBe('out:a\nb\n|err:c\n|out:d\ne\n');
    expect(await tail(1, 'stderr')).toContain('err:c\n');
    expect(await tail(3, 'stdout')).toBe('out:b\n|err:c\n|out:d\ne\n');
  });

  it('count one that is not finished', async () => {
    await append(written.mark(), written.out('a\nb\nunfin'), written.out('ished'));
    expect(await tail(1)).toBe('out:unfin|out:ished');
    expect(await tail(2)).toBe('out:b\nunfin|out:ished');
    expect(await tail(3)).toBe('out:a\nb\nunfin|out:ished');
    expect(await tail(4)).toBe('out:a\nb\nunfin|out:ished');
  });

  it('lie in several pieces and segments', async () => {
    await append(written.mark(), written.out('a\nb\nbeg'), written.mark(), written.out('un'));
    await append(written.mark(), written.out(' here\n'), written.out(''), written.out('last\n'));
    expect(await tail(1)).toBe('out:last\n');
    expect(await tail(2)).toBe('out:beg|out:un|out: here\n|out:last\n');
    expect(await tail(3)).toBe('out:b\nbeg|out:un|out: here\n|out:last\n');
  });

  it('are all that is kept when there are fewer, and none where there is nothing', async () => {
    expect(await tail(5)).toBe('');
    await append(written.mark());
    expect(await tail(5)).toBe('');
    await append(written.out('a\n'), written.mark(), written.out('b\n'));
    log.dropOldest();
    expect(await tail(5)).toBe('out:b\n');
    expect(await tail(5, 'stderr')).toContain('b\n');
  });

  it('are those that one finds who reads everything (300 logs, seed 1)', async () => {
    const random = new Random(1);
    for (let round = 0; round < 300; round += 1) {
      log = new MemoryOutputLog(1 + random.below(50));
      reader = new OutputReader(log);
      written = new Writing();
      let whole = '';
      await append(written.mark());
      for (let index = random.below(30); index > 0; index -= 1) {
        if (random.below(5) === 0) await append(written.mark());
        const text = random.pick(['a\n', 'bc', '\n', 'd\ne\n', 'f\ng']);
        whole += text;
        await append(random.below(3) === 0 ? written.err(text) : written.out(text));
      }
      const lines = 1 + random.below(12);
      const expected = whole
        .split(/(?<=\n)/)
        .slice(-lines)
        .join('');
      const found = (await tail(lines))
        .split('|')
        .map((piece) => piece.slice(4))
        .join('');
      expect(found, JSON.stringify(whole)).toBe(expected);
    }
  });
});

describe('output is followed', () => {
  /** Reads until told that nothing more comes. */
  function follow(cursor: OutputCursor): {
    got: string[];
    over: AbortController;
    stop: AbortController;
    done: Promise<void>;
  } {
    const [over, stop, got] = [new AbortController(), new AbortController(), [] as string[]];
    const done = (async () => {
      for await (const { payload } of reader.pieces(cursor, { over: over.signal, signal: stop.signal }))
        got.push(payload.toString());
    })();
    return { got, over, stop, done };
  }

  it('as it comes, to what was there when it was over', async () => {
    await append(written.mark(), written.out('one\n'));
    const { got, over, done } = follow(await reader.beginning());
    await expect.poll(() => got).toEqual(['one\n']);
    await append(written.out('two\n'), written.mark(), written.err('three\n'));
    await expect.poll(() => got).toEqual(['one\n', 'two\n', 'three\n']);
    await append(written.out('last\n'));
    over.abort();
    await done;
    expect(got.at(-1)).toBe('last\n');
    expect(log.waiting).toBe(0);
  });

  it('from before there is any', async () => {
    const { got, over, done } = follow(reader.end());
    await expect.poll(() => log.waiting).toBe(1);
    await append(written.mark(), written.out('one\n'));
    over.abort();
    await done;
    expect(got).toEqual(['one\n']);
  });

  it('until who follows it goes away', async () => {
    await append(written.mark(), written.out('one\n'));
    const { got, stop, done } = follow(reader.end());
    await expect.poll(() => log.waiting).toBe(1);
    stop.abort();
    await done;
    expect([got, log.waiting]).toEqual([[], 0]);
  });

  it('over what has gone in the meantime, and what never came', async () => {
    await append(written.mark(), written.out('one\n'));
    const cursor = await reader.beginning();
    written.out('never\n');
    log.skipTo(500);
    await append(written.mark(), written.out('two\n'), written.mark(), written.out('three\n'));
    expect(await read(cursor)).toBe('out:one\n|out:two\n|out:three\n');
    log.dropOldest();
    log.dropOldest();
    expect(await read(cursor)).toBe('out:three\n');
    expect(await read({ offset: 0, from: { stdout: 15, stderr: 0 } })).toBe('out:hree\n');
  });

  it('to its end when it is begun anew', async () => {
    await append(written.mark(), written.out('one\n'));
    const { done } = follow(reader.end());
    await expect.poll(() => log.waiting).toBe(1);
    await log.reset();
    await done;
  });
});
