import { expect, it } from 'vitest';
import { LineStamps } from './line-stamps.js';

const AT = Date.parse('2026-01-02T03:04:05.678Z');
const STAMP = '2026-01-02T03:04:05.678Z ';

function stamped(...pieces: string[]): string[] {
  const stamps = new LineStamps();
  return pieces.map((piece, index) => stamps.stamp(Buffer.from(piece), AT + index).toString());
}

it('each line begins with the time at which its beginning was written', () => {
  expect(stamped('one\ntwo\n')).toEqual([`${STAMP}one\n${STAMP}two\n`]);
  expect(stamped('o', 'ne\nt', 'wo', '\n', '\n')).toEqual([
    `${STAMP}o`,
    'ne\n2026-01-02T03:04:05.679Z t',
    'wo',
    '\n',
    '2026-01-02T03:04:05.682Z \n',
  ]);
});

it('nothing is added where there is no line', () => {
  expect(stamped('', 'x', '')).toEqual(['', '2026-01-02T03:04:05.679Z x', '']);
});

it('bytes that are no text stay as they are', () => {
  const bytes = Buffer.from([0xff, 0x0a, 0xc3]);
  expect(new LineStamps().stamp(bytes, AT)).toEqual(
    Buffer.concat([Buffer.from(STAMP), bytes.subarray(0, 2), Buffer.from(STAMP), bytes.subarray(2)]),
  );
});
