import { describe, expect, it } from 'vitest';
import { LineFramer } from './line-framer.js';

describe('LineFramer', () => {
  it('returns lines without their newline, empty ones too', () => {
    const framer = new LineFramer(10);
    framer.push(Buffer.from('ab\n\ncd\nef'));
    expect([
      framer.next()?.toString(),
      framer.next()?.toString(),
      framer.next()?.toString(),
      framer.next(),
    ]).toEqual(['ab', '', 'cd', undefined]);
    expect(framer.partialBytes).toBe(2);
    framer.push(Buffer.from('\n'));
    expect(framer.next()?.toString()).toBe('ef');
    expect(framer.partialBytes).toBe(0);
  });

  it('keeps what it has not returned when more comes', () => {
    const framer = new LineFramer(10);
    framer.push(Buffer.from('ab\ncd\n'));
    expect(framer.next()?.toString()).toBe('ab');
    framer.push(Buffer.from('ef\n'));
    expect([framer.next()?.toString(), framer.next()?.toString()]).toEqual(['cd', 'ef']);
  });

  it('overflows on a line past the bound, before its newline comes', () => {
    const framer = new LineFramer(3);
    framer.push(Buffer.from('abc\nabcd'));
    expect(framer.next()?.toString()).toBe('abc');
    expect(framer.overflowed).toBe(false);
    expect(framer.next()).toBeUndefined();
    expect(framer.overflowed).toBe(true);
    framer.push(Buffer.from('\nok\n'));
    expect(framer.next()).toBeUndefined();
  });

  // A Buffer for each byte of an unfinished line would cost a hundred times the line.
  it('copies tiny pieces together', () => {
    const framer = new LineFramer(1 << 20);
    const before = process.memoryUsage();
    for (let count = 0; count < 1 << 20; count += 1) {
      framer.push(Buffer.of(120));
      framer.next();
    }
    expect(framer.partialBytes).toBe(1 << 20);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(16 << 20);
  });
});
