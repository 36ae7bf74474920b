import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../../test/fuzz/rpc/random.js';
import { MemoryOutputLog } from '../../../test/support/fakes/memory-output-log.js';
import { Writing } from '../../../test/support/session-records.js';
import { OutputDamagedError } from '../session.errors.js';
import type { Session } from '../session.types.js';
import { SessionIngest } from './session-ingest.js';

/** what it is of matters to others */
const SESSION = {} as Session;

let log: MemoryOutputLog;
let written: Writing;
beforeEach(() => {
  log = new MemoryOutputLog(100);
  written = new Writing();
});

async function bytesOf(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = 0; at < log.end;) {
    const { offset, bytes } = await log.read(at, 1000);
    parts.push(bytes);
    at = offset + bytes.length;
  }
  return Buffer.concat(parts);
}

function bytesFrom(lines: number): Buffer {
  const records = Array.from({ length: lines }, (_, index) => [
    ...(index % 5 === 0 ? [written.mark()] : []),
    index % 3 === 0 ? written.err(`error ${index}\n`) : written.out(`line ${index}\n`),
  ]);
  return Buffer.concat(records.flat().map(({ bytes }) => bytes));
}

describe('what comes from a guest', () => {
  it('is copied exactly once, whatever was interrupted where (200 copies, seed 1)', async () => {
    const random = new Random(1);
    const whole = bytesFrom(40);
    for (let round = 0; round < 200; round += 1) {
      log = new MemoryOutputLog(1 + random.below(300));
      while (log.end < whole.length) {
        // Each connection begins with what is whole here, and some of what was before; and breaks off somewhere.
        const ingest = new SessionIngest(SESSION, log);
        let at = Math.max(0, log.end - random.below(200));
        const end = Math.min(whole.length, log.end + 1 + random.below(500));
        for (const piece of random.cut(whole.subarray(at, end), random.pick([3, 60, 400]))) {
          expect(await ingest.take(at, piece)).toBe(true);
          at += piece.length;
        }
      }
      expect((await bytesOf()).equals(whole)).toBe(true);
    }
    expect(log.counts.stdout + log.counts.stderr).toBeGreaterThan(0);
  });

  it('is told from what another course of things has written', async () => {
    const whole = bytesFrom(20);
    await new SessionIngest(SESSION, log).take(0, whole);
    const other = Buffer.from(whole);
    other.write('X', whole.length - 3);
    const before = log.end;
    expect(await new SessionIngest(SESSION, log).take(whole.length - 50, whole.subarray(-50))).toBe(true);
    expect(await new SessionIngest(SESSION, log).take(whole.length - 50, other.subarray(-50))).toBe(false);
    const more = Buffer.concat([other.subarray(-50), written.out('more\n').bytes]);
    expect(await new SessionIngest(SESSION, log).take(whole.length - 50, more)).toBe(false);
    expect(log.end).toBe(before);
  });

  it('goes on behind a gap, with half a record before it given up', async () => {
    const ingest = new SessionIngest(SESSION, log);
    const first = Buffer.concat([written.mark(), written.out('one\n')].map(({ bytes }) => bytes));
    const torn = written.out('never whole\n').bytes;
    await ingest.take(0, Buffer.concat([first, torn.subarray(0, -5)]));
    written.out('gone\n');
    const later = Buffer.concat([written.mark(), written.out('two\n')].map(({ bytes }) => bytes));
    expect(await ingest.take(5000, later)).toBe(true);
    expect(log.segments.map(({ start, end }) => [start, end])).toEqual([
      [0, first.length],
      [5000, 5000 + later.length],
    ]);
    expect(log.counts.stdout).toBe('one\nnever whole\ngone\ntwo\n'.length);
    expect(await ingest.take(5000 + later.length, written.out('three\n').bytes)).toBe(true);
  });

  // The bytes before the first ones here were taken for others: all was thrown away and copied again.
  it('may have been thrown away here already', async () => {
    const first = bytesFrom(5);
    const second = bytesFrom(5);
    await new SessionIngest(SESSION, log).take(0, Buffer.concat([first, second]));
    log.dropOldest();
    const ingest = new SessionIngest(SESSION, log);
    const begun = log.segments[0]?.start ?? 0;
    expect(begun).toBeGreaterThan(0);
    expect(await ingest.take(0, first.subarray(0, begun - 20))).toBe(true);
    expect(await ingest.take(begun - 20, Buffer.concat([first, second]).subarray(begun - 20))).toBe(true);
    expect(log.end).toBe(first.length + second.length);
  });

  it('is left out from where it is no output: a guest that was cut off has such', async () => {
    const ingest = new SessionIngest(SESSION, log);
    await ingest.take(0, bytesFrom(1));
    const before = log.end;
    expect(await ingest.take(before, Buffer.alloc(4096))).toBe(true);
    expect(await ingest.take(before + 4096, bytesFrom(2))).toBe(true);
    expect(log.end).toBe(before);
  });

  // It was thrown on to whoever follows, which broke off and began again, for ever.
  it('is left out from where no keeper would have written it: without a mark, say', async () => {
    const ingest = new SessionIngest(SESSION, log);
    const refused = vi
      .spyOn(log, 'append')
      .mockRejectedValue(new OutputDamagedError('a segment without a mark'));
    expect(await ingest.take(0, bytesFrom(1))).toBe(true);
    refused.mockRestore();
    expect(await ingest.take(0, bytesFrom(1))).toBe(true);
    expect(log.end).toBe(0);
    vi.spyOn(log, 'append').mockRejectedValue(new RangeError('full'));
    await expect(new SessionIngest(SESSION, log).take(0, bytesFrom(1))).rejects.toThrow('full');
  });

  it('may come earlier by another way: what follows on what is here is taken, and the rest left, at any moment', async () => {
    const random = new Random(2);
    const whole = bytesFrom(60);
    const ingest = new SessionIngest(SESSION, log);
    const early = (at: number, bytes: number): Promise<void> =>
      ingest.takeEarly(at, whole.subarray(at, at + bytes));
    await early(10, 20);
    expect(log.end).toBe(0);
    for (let at = 0; at < whole.length;) {
      const bytes = 1 + random.below(50);
      const pieces = [ingest.take(at, whole.subarray(at, at + bytes))];
      // by the other way comes what the first has too, what it has not yet, and what lies far ahead
      await Promise.all([...pieces, early(at, 20), early(at + bytes, 30), early(at + 200, 40)]);
      at += bytes;
    }
    expect((await bytesOf()).equals(whole)).toBe(true);
  });
});
