import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutputLog } from '../../../src/session/output/output-log.js';
import { OutputReader } from '../../../src/session/read/output-reader.js';
import type { OutputCursor } from '../../../src/session/read/output-reader.js';
import { recordBytes, recordsIn, Writing } from '../../support/session-records.js';
import { factsOf, LogDirectory } from './support/log-directory.js';

const NEVER = new AbortController().signal;
const sizeOf = (path: string): number =>
  readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);

describe('the log of a session, whatever its guest sends,', () => {
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

  // The bound was looked at only where the guest began a segment: one that never did filled the disk.
  it('keeps to its bounds also when its guest begins no segment any more', async () => {
    const limits = { maxBytes: 400_000 };
    const log = await place.open(limits);
    await log.append([written.mark()]);
    for (let index = 0; index < 60; index += 1) {
      await log.append([written.out(`${index}\n`.padStart(50_000)), written.err('e')]);
      expect(sizeOf(place.path)).toBeLessThan(700_000);
    }
    expect(log.counts).toEqual({ stdout: 3_000_000, stderr: 60 });
    expect(log.segments.length).toBeGreaterThan(1);
    expect(await factsOf(await place.open(limits))).toEqual(await factsOf(log));
    // what is kept is read as from any other
    const reader = new OutputReader(log);
    const { from } = await reader.beginning();
    expect(from.stdout + from.stderr).toBe(log.dropped);
    const first = from.stdout / 50_000;
    expect(first).toBeGreaterThan(50);
    const read = async (cursor: OutputCursor): Promise<string> => {
      const pieces: string[] = [];
      for await (const piece of reader.pieces(cursor, { over: undefined, signal: NEVER }))
        if (piece.stream === 'stdout') pieces.push(piece.payload.toString().trimStart());
      return pieces.join('');
    };
    const all = Array.from({ length: 60 - first }, (_, index) => `${first + index}\n`).join('');
    expect(await read(await reader.beginning())).toBe(all);
    expect(await read(await reader.behind({ stdout: 0, stderr: 0 }))).toBe(all);
    expect(await read(await reader.behind({ stdout: 2_900_000, stderr: 58 }))).toBe('58\n59\n');
    expect(await read(await reader.tail(1, 'stdout'))).toBe('59\n');
  });

  it('keeps to its bounds also when its guest begins a segment with everything', async () => {
    const log = await place.open();
    for (let index = 0; index < 100; index += 1) {
      await log.append([written.mark(), written.out('x')]);
      expect(readdirSync(place.path).length).toBeLessThanOrEqual(32);
    }
    expect(log.dropped).toBe(68);
    expect(await factsOf(await place.open())).toEqual(await factsOf(log));
  });

  // Every record was held until a newline came: hundreds of MB of a guest that writes single bytes.
  it('has its last lines found without being held in memory', async () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n')]);
    const piece = recordBytes('stdout', 'x');
    for (let index = 0; index < 20; index += 1)
      await log.append(recordsIn(...Array.from({ length: 10_000 }, () => piece)));
    collect();
    const before = process.memoryUsage().heapUsed;
    const held: number[] = [];
    const watched = Object.assign(Object.create(log) as OutputLog, {
      read: async (offset: number, maxBytes: number) => {
        collect();
        held.push(process.memoryUsage().heapUsed - before);
        return log.read(offset, maxBytes);
      },
    });
    const { from } = await new OutputReader(watched).tail(1, undefined);
    expect(from).toEqual({ stdout: 4, stderr: 0 });
    expect(held.length).toBeGreaterThan(10);
    expect(Math.max(...held)).toBeLessThan(8 << 20);
  });
});
