import { describe, expect, it } from 'vitest';
import { ConsoleCleaner } from './console-cleaner.js';
import { condense, sparkline } from './sparkline.js';

const clean = (...pieces: string[]): string => {
  const cleaner = new ConsoleCleaner();
  return pieces.map((piece) => cleaner.clean(piece)).join('');
};

describe('ConsoleCleaner', () => {
  it('leaves text, and takes out what would move the cursor, name windows or fill the clipboard', () => {
    expect(
      clean('\u001bc\u001b[?7l\u001b[2J\u001b[0mSeaBIOS\r\n[  OK  ] \u001b[0;32mup\u001b[0m\ttäb\r\n'),
    ).toBe('SeaBIOS\n[  OK  ] up\ttäb\n');
    expect(
      clean('a\u001b]0;title\u0007b\u001b]52;c;ZXZpbA==\u001b\\c\u001bP1$r\u001b\\d\u001b(Be\u009b31mf'),
    ).toBe('abcdef');
    expect(clean('bell\u0007 back\u0008 del\u007f nul\0')).toBe('bell back del nul');
    expect(clean('right\u202eto left')).toBe('right\\u202eto left');
  });

  it('knows a sequence also when it comes in pieces', () => {
    const text = 'x\u001b[0;31my\u001b]0;t\u001b\\z\r\nw';
    for (let cut = 0; cut <= text.length; cut += 1)
      expect(clean(text.slice(0, cut), text.slice(cut))).toBe('xyz\nw');
    expect(clean(...text.split(''))).toBe('xyz\nw');
  });

  it('shows a line written over as one more line', () => {
    expect(clean('10%\r20%\r', '30%\r\ndone')).toBe('10%\n20%\n30%\ndone');
  });

  it('is not kept silent by a sequence that never ends', () => {
    expect(clean(`\u001b]0;${'x'.repeat(5000)}`, 'seen')).toMatch(/seen$/);
    expect(clean('\u001b]0;hidden\nseen')).toBe('\nseen');
    expect(clean('\u001b[0;0;0\nseen')).toBe('\nseen');
  });

  it('lets no control character through, whatever comes', () => {
    let text = '';
    for (let first = 0; first < 256; first += 1)
      for (const second of [0x1b, 0x5b, 0x5d, 0x9b, 0x41, 0x07]) text += String.fromCodePoint(first, second);
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(clean(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });
});

describe('sparkline', () => {
  it('draws the newest values at the right', () => {
    expect(sparkline([0, 1, 2, 3, 4], 4, 4)).toBe('▃▅▇█');
    expect(sparkline([null, 4], 4, 4)).toBe('  ·█');
    expect(sparkline([9, 0.01], 2, 4)).toBe('█▁');
    expect([sparkline([], 3, 1), sparkline([1], 0, 1), sparkline([1], 1, 0)]).toEqual(['   ', '', ' ']);
  });

  it('keeps the peaks when there are more values than columns', () => {
    expect(condense([1, 9, null, 2, null, null], 3)).toEqual([9, 2, null]);
    expect(condense([1, 2], 3)).toEqual([1, 2]);
  });
});
