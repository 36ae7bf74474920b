import { describe, expect, it } from 'vitest';
import { Random } from '../../../test/fuzz/rpc/random.js';
import { FollowDecoder } from './follow-frames.js';
import type { FollowFrame } from './follow-frames.js';

const STREAM = Buffer.concat([
  Buffer.from('N ses_a 5\n{"a"}O ses_a 120 3\nx\nyO ses_a 123 0\nB ses_b 17\nS ses_a 1 2\nokS ses_a 0 0\n'),
  Buffer.from('G ses_c\nR\nO ses_a 999999999999999 2\n'),
  Buffer.from([0xff, 0x0a]),
]);
const FRAMES: FollowFrame[] = [
  { type: 'new', name: 'ses_a', payload: Buffer.from('{"a"}') },
  { type: 'output', name: 'ses_a', offset: 120, payload: Buffer.from('x\ny') },
  { type: 'output', name: 'ses_a', offset: 123, payload: Buffer.alloc(0) },
  { type: 'behind', name: 'ses_b' },
  { type: 'state', name: 'ses_a', lives: true, payload: Buffer.from('ok') },
  { type: 'state', name: 'ses_a', lives: false, payload: Buffer.alloc(0) },
  { type: 'gone', name: 'ses_c' },
  { type: 'ready' },
  { type: 'output', name: 'ses_a', offset: 999_999_999_999_999, payload: Buffer.from([0xff, 0x0a]) },
];

const decode = (bytes: Buffer | string): FollowFrame[] => [...new FollowDecoder().push(Buffer.from(bytes))];

describe('what a follower says', () => {
  it('is understood, all of it', () => {
    expect(decode(STREAM)).toEqual(FRAMES);
  });

  it('is the same however it is cut (500 times, seed 1)', () => {
    const random = new Random(1);
    for (let round = 0; round < 500; round += 1) {
      const decoder = new FollowDecoder();
      const found = [...random.cut(STREAM, random.pick([1, 7, 60]))].flatMap((piece) => [
        ...decoder.push(piece),
      ]);
      expect(found).toEqual(FRAMES);
    }
  });

  it('has a payload of 64 KiB at most', () => {
    expect(decode(Buffer.concat([Buffer.from('O a 0 65536\n'), Buffer.alloc(65_536)]))).toHaveLength(1);
    expect(() => decode('O a 0 65537\n')).toThrow(/not what its sessions are told by/);
    expect(() => decode('N a 999999\n')).toThrow();
  });

  it.each([
    '\n',
    'X a\n',
    'R \n',
    'N a\n',
    'N ../a 1\nx',
    `N ${'a'.repeat(65)} 1\nx`,
    'N  1\nx',
    'O a -1 1\nx',
    'O a 1234567890123456 1\nx',
    'O a 1\n',
    'S a 2 1\nx',
    'S a 1\nx',
    'B a\n',
    'G a b\n',
    'G a\r\n',
    'x'.repeat(128),
  ])('is not this: %j', (bytes) => {
    expect(() => decode(bytes)).toThrow(/not what its sessions are told by/);
  });
});
