import { describe, expect, it } from 'vitest';
import { bytesOfText, standsForBytes } from '../../core/ssh/index.js';
import { Random } from '../../../test/fuzz/rpc/random.js';
import { textOfBytes } from './text-of-bytes.js';

describe('textOfBytes', () => {
  it('leaves UTF-8 as it is', () => {
    const text = 'plain ünïcödé 漢字 🐢 \ufffd \u0000 \ud7ff \ue000 \u{10ffff}';
    expect(textOfBytes(Buffer.from(text))).toBe(text);
  });

  it.each([
    ['a lone byte', [0xff], '\udcff'],
    ['a character cut off', [0x61, 0xe2, 0x82], 'a\udce2\udc82'],
    ['a character cut off by another', [0xc3, 0x28], '\udcc3('],
    ['too long a form', [0xc0, 0x80, 0xe0, 0x80, 0x80], '\udcc0\udc80\udce0\udc80\udc80'],
    ['a surrogate', [0xed, 0xb2, 0x80], '\udced\udcb2\udc80'],
    ['what is beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
  ])('writes %s as lone surrogates', (_what, bytes, text) => {
    expect(textOfBytes(Buffer.from(bytes))).toBe(text);
  });

  it('loses nothing: bytesOfText gives any bytes back', () => {
    const random = new Random(7);
    for (let round = 0; round < 3_000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: random.below(12) }, () => byte(random)));
      const text = textOfBytes(bytes);
      expect(bytesOfText(text).equals(bytes), bytes.toString('hex')).toBe(true);
      expect([text.isWellFormed() || standsForBytes(text), JSON.parse(JSON.stringify(text))]).toEqual([
        true,
        text,
      ]);
    }
  });

  it('takes time in proportion to the bytes', () => {
    const bytes = Buffer.alloc(2 ** 20, 0xc3);
    expect(textOfBytes(bytes)).toHaveLength(2 ** 20);
  });
});

describe('standsForBytes', () => {
  it.each([
    ['\udc80\udcff', true],
    ['🐢\udc80', true],
    ['\ud83d', false],
    ['\udc7f', false],
    ['\udd00', false],
  ])('%j: %s', (text, expected) => {
    expect(standsForBytes(text)).toBe(expected);
  });
});

/** Mostly what begins and continues characters. */
function byte(random: Random): number {
  return random.below(3) === 0 ? random.below(128) : 0x80 + random.below(128);
}
