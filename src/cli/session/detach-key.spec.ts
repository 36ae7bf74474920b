import { expect, it } from 'vitest';
import { UsageError } from '../usage-error.js';
import { parseKey } from './detach-key.js';

it.each([
  ['ctrl-]', 0x1d],
  ['ctrl-a', 0x01],
  ['CTRL-A', 0x01],
  ['^P', 0x10],
  ['^p', 0x10],
  ['ctrl-@', 0x00],
  ['ctrl-\\', 0x1c],
  ['ctrl-^', 0x1e],
  ['^_', 0x1f],
  ['^^', 0x1e],
])('%s is a key', (text, byte) => {
  expect(parseKey(text)).toEqual({ byte });
});

it.each(['', 'a', 'ctrl-', 'ctrl-aa', 'ctrl-1', 'ctrl-?', 'alt-a', '^', 'ctrl a', 'ctrl-ä', 'ctrl-]\n'])(
  '%j is none',
  (text) => {
    expect(() => parseKey(text)).toThrow(UsageError);
  },
);
