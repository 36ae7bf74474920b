import { appendFileSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputReader } from '../../../src/session/read/output-reader.js';
import { Random } from '../../fuzz/rpc/random.js';
import { recordBytes, recordsIn, Writing } from '../../support/session-records.js';
import { bytesOf, factsOf, LogDirectory, MUCH } from './support/log-directory.js';

const NEVER = new AbortController().signal;

let place: LogDirectory;
let written: Writing;
beforeEach(() => {
  place = new LogDirectory();
  written = new Writing();
});
afterEach(async () => {
  await place.close();
  place.remove();
});

describe('the log of a session', () => {
  it('is the same for a daemon that starts later', async () => {
    const logs = place.logs();
    const log = await logs.open(place.path, MUCH);
    expect(await logs.open(place.path, MUCH)).toBe(log);
    await log.append([written.mark(), written.out('one\n'), written.err('two\n')]);
    await log.append([]);
    await log.append([written.out('three\n'), written.mark(), written.size(24, 80), written.out('four\n')]);
    expect(log.counts).toEqual({ stdout: 15, stderr: 4 });
    expect(log.segments).toHaveLength(2);
    const facts = await factsOf(log);
    expect(await factsOf(await place.open())).toEqual(facts);
    // and goes on after a rest
    await logs.rest(place.path);
    await log.append([written.out('five\n')]);
    expect(await factsOf(await place.open())).toEqual(await factsOf(log));
    await logs.rest(place.path);
    expect(statSync(place.path).mode & 0o777).toBe(0o700);
    expect(statSync(place.lastFile).mode & 0o777).toBe(0o600);
  });

  it('is empty where there is none, and makes nothing by being looked at', async () => {
    const log = await place.open();
    expect(await factsOf(log)).toEqual({
      end: 0,
      counts: { stdout: 0, stderr: 0 },
      dropped: 0,
      segments: [],
      bytes: '',
    });
    expect(readdirSync(place.root)).toEqual([]);
  });

  it('has a torn record at its end cut off, wherever it was torn', async () => {
    const records = [
      written.mark(),
      written.out('one\n'),
      written.err('two\n'),
      written.out('x'.repeat(300)),
    ];
    const counts = [0, 4, 4, 304].map((stdout, index) => ({ stdout, stderr: index > 1 ? 4 : 0 }));
    const whole = Buffer.concat(records.map(({ bytes }) => bytes));
    const ends = records.map((_, index) =>
      records.slice(0, index + 1).reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    const logs = place.logs();
    const log = await logs.open(place.path, MUCH);
    await log.append(records);
    await logs.rest(place.path);
    for (let length = whole.length; length >= 0; length -= 1) {
      if (length < whole.length) truncateSync(place.lastFile, length);
      const found = await place.open();
      const end = ends.findLast((at) => at <= length) ?? 0;
      expect([found.end, await bytesOf(found)], `cut at ${length}`).toEqual([end, whole.subarray(0, end)]);
      expect(found.counts, `cut at ${length}`).toEqual(counts[ends.indexOf(end)] ?? { stdout: 0, stderr: 0 });
      if (end === 0) return;
      expect(statSync(place.lastFile).size).toBe(end);
      appendFileSync(place.lastFile, whole.subarray(end, length));
    }
  });

  it('has garbage at its end cut off, and goes on behind what is whole', async () => {
    const random = new Random(1);
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n')]);
    for (let round = 0; round < 50; round += 1) {
      appendFileSync(
        place.lastFile,
        random.pick([random.bytes(1 + random.below(200)), Buffer.alloc(5000, '7')]),
      );
      const next = await place.open();
      expect(next.counts.stdout).toBe(4 * (round + 1));
      await next.append([written.out(`${String(round).padStart(3)}\n`)]);
    }
    const last = await place.open();
    expect(last.counts).toEqual({ stdout: 204, stderr: 0 });
    expect((await bytesOf(last)).toString()).toContain(' 49\n');
  });

  // Counts were those of the torn segment alone: none.
  it('knows how much it has when only the beginning of its last segment is torn', async () => {
    const logs = place.logs();
    const log = await logs.open(place.path, MUCH);
    await log.append([written.mark(), written.out('one\n'), written.err('two\n')]);
    const facts = await factsOf(log);
    const mark = written.mark();
    await log.append([mark]);
    await logs.rest(place.path);
    for (const length of [mark.bytes.length - 1, 5, 0]) {
      truncateSync(place.lastFile, length);
      expect(await factsOf(await place.open())).toEqual(facts);
      await (await place.open()).append([mark]);
    }
  });

  it('loses its beginning when it is too much, and says how much', async () => {
    const limits = { maxBytes: 1000 };
    const log = await place.open(limits);
    for (let segment = 0; segment < 10; segment += 1)
      await log.append([written.mark(), written.out('o'.repeat(150)), written.err('e'.repeat(100))]);
    expect(log.counts).toEqual({ stdout: 1500, stderr: 1000 });
    const kept = log.segments.length;
    expect(kept).toBe(readdirSync(place.path).length);
    expect((await bytesOf(log)).length).toBeLessThanOrEqual(limits.maxBytes + 400);
    expect(log.dropped).toBe(250 * (10 - kept));
    expect(await factsOf(await place.open(limits))).toEqual(await factsOf(log));
    // what is gone is jumped over
    expect((await log.read(0, 10)).offset).toBe(log.segments[0]?.start);
  });

  it('takes nothing behind a gap that has no mark there, and no mark that says nothing', async () => {
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n')]);
    const { end, counts } = log;
    const before = await bytesOf(log);
    const damaged = { kind: 'INTERNAL', message: expect.stringContaining('damaged') };
    await expect(log.append(recordsIn(recordBytes('mark', 'none')))).rejects.toMatchObject(damaged);
    log.skipTo(5000);
    await expect(log.append([written.out('two\n')])).rejects.toMatchObject(damaged);
    expect(log.counts).toEqual(counts);
    expect(await bytesOf(log)).toEqual(before);
    expect((await place.open()).end).toBe(end);
  });

  it('goes on after a gap, and is found so', async () => {
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n')]);
    const { end } = log;
    written.out('lost\n');
    log.skipTo(5000);
    await log.append([written.mark(), written.out('two\n')]);
    expect(log.segments.map(({ start }) => start)).toEqual([0, 5000]);
    expect(await log.read(end, 10)).toMatchObject({ offset: 5000 });
    expect(log.counts).toEqual({ stdout: 13, stderr: 0 });
    expect(await factsOf(await place.open())).toEqual(await factsOf(log));
  });

  it('takes nothing that has no mark at its beginning', async () => {
    const log = await place.open();
    await expect(log.append([written.out('one\n')])).rejects.toMatchObject({ kind: 'INTERNAL' });
    await log.append([written.mark(), written.out('two\n')]);
    expect((await bytesOf(log)).toString()).toContain('two\n');
  });

  it('begins again at 0 after a reset, and wakes who waits', async () => {
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n'), written.mark(), written.out('two\n')]);
    const waited = log.grown(log.end, NEVER);
    await log.reset();
    await waited;
    expect(await factsOf(log)).toEqual(await factsOf(await place.open()));
    expect(readdirSync(place.path)).toEqual([]);
    const other = new Writing();
    await log.append([other.mark(), other.out('three\n')]);
    expect(log.counts).toEqual({ stdout: 6, stderr: 0 });
    expect(await factsOf(await place.open())).toEqual(await factsOf(log));
  });

  it('tells when there is more, and not before', async () => {
    const log = await place.open();
    let woken = 0;
    const wait = (): void => void log.grown(log.end, NEVER).then(() => (woken += 1));
    wait();
    await turn();
    expect(woken).toBe(0);
    await log.append([written.mark(), written.out('one\n')]);
    await turn();
    expect(woken).toBe(1);
    await log.grown(0, NEVER);
    await log.grown(log.end, AbortSignal.abort());
    const stop = new AbortController();
    const waited = log.grown(log.end, stop.signal);
    stop.abort();
    await waited;
  });

  // A reader that waited where a gap began span without a pause: the daemon did nothing else any more.
  it('keeps who reads up to a gap waiting until there is something behind it', async () => {
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n')]);
    const { end } = log;
    log.skipTo(5000);
    let woken = false;
    const waited = log.grown(end, NEVER).then(() => (woken = true));
    await turn();
    expect(woken).toBe(false);
    const over = new AbortController();
    const read: string[] = [];
    const reader = new OutputReader(log);
    const reading = (async () => {
      const from = await reader.beginning();
      for await (const { payload } of reader.pieces(from, { over: over.signal, signal: NEVER }))
        read.push(payload.toString());
    })();
    await expect.poll(() => read).toEqual(['one\n']);
    written.out('gone\n');
    await log.append([written.mark(), written.out('two\n')]);
    await waited;
    over.abort();
    await reading;
    expect(read).toEqual(['one\n', 'two\n']);
  });

  it('is read to its end by who follows it, while it grows and loses its beginning', async () => {
    const log = await place.open({ maxBytes: 20_000 });
    const over = new AbortController();
    const read: string[] = [];
    const reader = new OutputReader(log);
    const reading = (async () => {
      for await (const { payload } of reader.pieces(await reader.beginning(), {
        over: over.signal,
        signal: NEVER,
      }))
        read.push(payload.toString());
    })();
    for (let index = 0; index < 2000; index += 1) {
      const begun = index % 100 === 0 ? [written.mark()] : [];
      await log.append([...begun, written.out(`${index}\n`)]);
    }
    over.abort();
    await reading;
    const numbers = read.join('').trimEnd().split('\n').map(Number);
    expect(numbers.at(-1)).toBe(1999);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(log.dropped).toBeGreaterThan(0);
  });

  // Who read the oldest segment when it gave way was told that there was nothing more.
  it('is read on behind what gives way at that moment, and behind what somebody took away', async () => {
    const logs = place.logs();
    const log = await logs.open(place.path, { maxBytes: 1000 });
    for (let segment = 0; segment < 3; segment += 1)
      await log.append([written.mark(), written.out(`${segment}\n`.padStart(300))]);
    const second = log.segments[1]?.start;
    const reading = log.read(0, 10);
    await Promise.all([reading, log.append([written.mark(), written.out('x'.repeat(300)), written.mark()])]);
    expect((await reading).bytes.length).toBe(10);
    const oldest = log.segments[0]?.start ?? 0;
    expect(oldest).toBeGreaterThanOrEqual(second ?? 0);
    rmSync(join(place.path, readdirSync(place.path).toSorted()[0] ?? ''));
    expect((await log.read(oldest, 10)).offset).toBe(log.segments[0]?.start);
    expect(log.segments[0]?.start).toBeGreaterThan(oldest);
    await logs.rest(place.path);
    rmSync(place.path, { recursive: true });
    const waited = log.grown(log.end, AbortSignal.timeout(100));
    expect(await log.read(0, 10)).toEqual({ offset: 0, bytes: Buffer.alloc(0) });
    await waited;
  });

  it('is gone when it is removed, or forgotten with its VM', async () => {
    const logs = place.logs();
    await logs.makeParent(join(place.root, 'sessions'));
    expect(await logs.exists(join(place.root, 'sessions'))).toBe(true);
    const log = await logs.open(place.path, MUCH);
    await log.append([written.mark(), written.out('one\n')]);
    await logs.remove(place.path);
    expect(await logs.exists(place.path)).toBe(false);
    expect((await logs.open(place.path, MUCH)).end).toBe(0);
    await logs.remove(place.path);
    const again = new Writing();
    await (await logs.open(place.path, MUCH)).append([again.mark(), again.out('two\n')]);
    rmSync(join(place.root, 'sessions'), { recursive: true });
    logs.forget(join(place.root, 'sessions'));
    expect((await logs.open(place.path, MUCH)).end).toBe(0);
  });
});
