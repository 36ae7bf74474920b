import { expect, it } from 'vitest';
import { LineFramer } from '../../../src/core/rpc/line-framer.js';
import { Random } from './random.js';

const MAX = 200;

function drain(framer: LineFramer): Buffer[] {
  const lines: Buffer[] = [];
  for (let line = framer.next(); line !== undefined; line = framer.next()) lines.push(Buffer.from(line));
  return lines;
}

it('finds the same lines however the bytes are cut (20,000 streams, seed 1)', () => {
  const random = new Random(1);
  for (let round = 0; round < 20_000; round += 1) {
    const lines = Array.from({ length: random.below(6) }, () => {
      const line = random.bytes(random.below(MAX + 1));
      for (const [index, byte] of line.entries()) if (byte === 0x0a) line[index] = 0x20;
      return line;
    });
    const tail = Buffer.from('unfinished'.slice(0, random.below(11)));
    const stream = Buffer.concat([...lines.flatMap((line) => [line, Buffer.from('\n')]), tail]);
    const framer = new LineFramer(MAX);
    const found: Buffer[] = [];
    for (const piece of random.cut(stream, random.pick([1, 3, 50, 1_000]))) {
      framer.push(piece);
      found.push(...drain(framer));
    }
    expect(found.map((line) => line.toString('latin1'))).toEqual(
      lines.map((line) => line.toString('latin1')),
    );
    expect([framer.overflowed, framer.partialBytes]).toEqual([false, tail.length]);
    expect(framer.takeRest().equals(tail)).toBe(true);
  }
});

it('never returns a line past the bound, and none after it (5,000 streams, seed 2)', () => {
  const random = new Random(2);
  for (let round = 0; round < 5_000; round += 1) {
    const stream = Buffer.alloc(random.below(4 * MAX), 'x');
    for (let count = random.below(5); count > 0; count -= 1) stream[random.below(stream.length || 1)] = 0x0a;
    const pieces = stream.toString('latin1').split('\n');
    const tooLong = pieces.findIndex((piece) => piece.length > MAX);
    const framer = new LineFramer(MAX);
    const found: string[] = [];
    for (const piece of random.cut(stream, random.pick([1, 7, 500]))) {
      framer.push(piece);
      found.push(...drain(framer).map((line) => line.toString('latin1')));
      if (framer.partialBytes > MAX) expect.fail('more kept than the bound');
    }
    expect(framer.overflowed).toBe(tooLong !== -1);
    expect(found).toEqual(pieces.slice(0, tooLong === -1 ? pieces.length - 1 : tooLong));
  }
});

it('hands the rest over untouched when its reader stops between two lines (seed 3)', () => {
  const random = new Random(3);
  for (let round = 0; round < 5_000; round += 1) {
    const rest = random.bytes(random.below(300));
    const framer = new LineFramer(MAX);
    const pieces = [...random.cut(Buffer.concat([Buffer.from('first\n'), rest]), 40)];
    let line: Buffer | undefined;
    while (line === undefined) {
      framer.push(pieces.shift() ?? Buffer.alloc(0));
      line = framer.next();
    }
    expect(line.toString()).toBe('first');
    expect(Buffer.concat([framer.takeRest(), ...pieces]).equals(rest)).toBe(true);
  }
});
