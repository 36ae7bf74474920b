import { describe, expect, it } from 'vitest';
import { LineParser } from './line-parser.js';

function parse(chunks: readonly (string | Buffer)[], maxLineBytes = 100): string[] {
  const seen: string[] = [];
  const parser = new LineParser(
    { maxLineBytes },
    (line) => seen.push(line),
    () => seen.push('(oversized)'),
  );
  for (const chunk of chunks) parser.push(Buffer.from(chunk));
  return seen;
}

describe('LineParser', () => {
  it('cuts lines, whatever the chunks', () => {
    expect(parse(['one\ntw', 'o\r\n', '\n', 'é', '\nnot yet'])).toEqual(['one', 'two', 'é']);
  });

  it('forgets what came before a resync byte', () => {
    expect(
      parse([
        Buffer.from('{"half'),
        Buffer.of(0xff),
        '{"whole":1}\n',
        Buffer.of(0x61, 0xff, 0xff, 0x62, 0x0a),
      ]),
    ).toEqual(['{"whole":1}', 'b']);
  });

  it('tells once of a line past the bound, and goes on with the next', () => {
    expect(parse(['12345', '678', '9'.repeat(50), '\n12345\n123456\n1\n'], 5)).toEqual([
      '(oversized)',
      '12345',
      '(oversized)',
      '1',
    ]);
  });

  it('ends the skipping at a resync byte', () => {
    expect(parse(['123456', Buffer.of(0xff), 'ok\n'], 5)).toEqual(['(oversized)', 'ok']);
  });
});
