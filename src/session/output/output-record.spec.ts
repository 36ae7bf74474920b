import { describe, expect, it } from 'vitest';
import { Random } from '../../../test/fuzz/rpc/random.js';
import { recordBytes } from '../../../test/support/session-records.js';
import { countOn, countsOf, OutputDecoder, sizeOf } from './output-record.js';
import type { OutputRecord } from './output-record.js';

const text = (records: Iterable<OutputRecord>): string[] =>
  [...records].map(({ stream, atMs, payload }) => `${atMs} ${stream} ${payload.toString('latin1')}`);
const decoded = (bytes: Buffer | string): OutputRecord[] => [...new OutputDecoder().push(Buffer.from(bytes))];

describe('output records', () => {
  it('are the same however their bytes are cut (300 streams, seed 1)', () => {
    const random = new Random(1);
    for (let round = 0; round < 300; round += 1) {
      const whole = Array.from({ length: 1 + random.below(8) }, () =>
        recordBytes(
          random.pick(['mark', 'stdout', 'stderr', 'size'] as const),
          random.bytes(random.pick([0, 1, 30, 500])),
          random.below(1_000_000),
        ),
      );
      const torn = random.pick(whole).subarray(0, random.below(5));
      const decoder = new OutputDecoder();
      const found: OutputRecord[] = [];
      for (const piece of random.cut(Buffer.concat([...whole, torn]), random.pick([1, 20, 5000])))
        // what is pushed is used again for what comes next
        for (const record of decoder.push(Buffer.from(piece)))
          found.push({ ...record, bytes: Buffer.from(record.bytes) });
      expect(found.map(({ bytes }) => bytes)).toEqual(whole);
      expect(decoder.pendingBytes).toBe(torn.length);
      for (const { payload, bytes } of found)
        expect(bytes.subarray(bytes.length - payload.length)).toEqual(payload);
    }
  });

  it('say when, of which stream and what', () => {
    const bytes = Buffer.concat([recordBytes('stdout', 'a\nb', 5), recordBytes('stderr', '', 6)]);
    expect(text(decoded(bytes))).toEqual(['5 stdout a\nb', '6 stderr ']);
    expect(text(decoded(recordBytes('stdout', Buffer.alloc(65_536))))).toHaveLength(1);
  });

  it.each<[string | Buffer, string]>([
    ['\n', 'nothing before the newline'],
    ['1 1\n', 'no length'],
    ['1 4 1\nx', 'an unknown stream'],
    ['-1 1 1\nx', 'a time before 1970'],
    ['1 1 -1\n', 'a length below 0'],
    ['1 1 1e3\n', 'another way to write a number'],
    ['1 1 0x10\n', 'a number in hexadecimals'],
    ['1  1 1\nx', 'two spaces'],
    ['1 1 1 \nx', 'a space at the end'],
    ['1 1 65537\n', 'a length above what a keeper cuts'],
    ['1 1 999999999\n', 'a length that would take memory'],
    ['1234567890123456 1 1\nx', 'a time that no number holds'],
    ['x'.repeat(48), 'no newline where one must be'],
    [Buffer.alloc(48), 'zeros'],
  ])('are none: %j (%s)', (bytes) => {
    expect(() => decoded(bytes)).toThrow(/output of a session is damaged/);
  });

  it('are waited for while they may still become one', () => {
    for (const bytes of ['', '1', '1 1 10', 'x'.repeat(47), '1 1 65536\nxxx']) {
      const decoder = new OutputDecoder();
      expect([...decoder.push(Buffer.from(bytes))]).toEqual([]);
      expect(decoder.pendingBytes).toBe(bytes.length);
    }
  });

  it('come before what is damaged is told', () => {
    const found: OutputRecord[] = [];
    const damaged = Buffer.concat([recordBytes('stdout', 'good', 5), Buffer.from('bad\n')]);
    expect(() => {
      for (const record of new OutputDecoder().push(damaged)) found.push(record);
    }).toThrow();
    expect(text(found)).toEqual(['5 stdout good']);
  });
});

describe('counts', () => {
  const [mark, out, err, size] = decoded(
    Buffer.concat([
      recordBytes('mark', '100 20'),
      recordBytes('stdout', 'abc'),
      recordBytes('stderr', 'de'),
      recordBytes('size', '24 80'),
    ]),
  ) as [OutputRecord, OutputRecord, OutputRecord, OutputRecord];

  it('are those of the mark, and of what comes behind it', () => {
    const steps = [mark, out, err, size].reduce(countOn, { stdout: 1, stderr: 1 });
    expect(steps).toEqual({ stdout: 103, stderr: 22 });
  });

  it.each(['', '1', '1 2 3', '1 -2', '1 1234567890123456', ` 1 2`, '1 2\n'])(
    'are none of a mark: %j',
    (payload) => {
      expect(() => countsOf({ ...mark, payload: Buffer.from(payload) })).toThrow(/a mark without counts/);
    },
  );
});

it.each([
  ['24 80', { rows: 24, columns: 80 }],
  ['65535 1', { rows: 65_535, columns: 1 }],
  ['0 80', undefined],
  ['24 0', undefined],
  ['24', undefined],
  ['123456 1', undefined],
  ['24 80 ', undefined],
  ['', undefined],
])('a size is two numbers above 0: %j', (payload, size) => {
  expect(sizeOf({ payload: Buffer.from(payload) })).toEqual(size);
});
