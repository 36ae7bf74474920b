import { describe, expect, it } from 'vitest';
import { BoundedOutput, LineSplitter, OutputTail } from './output-collector.js';

describe('BoundedOutput', () => {
  it('keeps up to its bound and says that there was more', () => {
    const output = new BoundedOutput(5);
    output.push(Buffer.from('abc'));
    output.push(Buffer.from('de'));
    expect([output.toBuffer().toString(), output.overflowed]).toEqual(['abcde', false]);
    output.push(Buffer.from('f'));
    expect([output.toBuffer().toString(), output.overflowed]).toEqual(['abcde', true]);
  });
});

describe('OutputTail', () => {
  it('keeps the last bytes across chunks of any size', () => {
    const tail = new OutputTail(4);
    for (const chunk of ['a', 'bc', 'defghi', '', 'j']) tail.push(Buffer.from(chunk));
    expect(tail.toString()).toBe('ghij');
  });
});

function split(chunks: readonly Buffer[], maxLineBytes = 100): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(maxLineBytes, (line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('gives the same lines however the stream is cut', () => {
    const text = Buffer.from('één\r\n\nlast without end €');
    const bytes = [...text].map((byte) => Buffer.from([byte]));
    expect(split(bytes)).toEqual(['één', '', 'last without end €']);
    expect(split([text])).toEqual(split(bytes));
  });

  it('cuts a line at its bound and finds the next one', () => {
    expect(split([Buffer.from('0123'), Buffer.from('456789\nnext\n')], 6)).toEqual(['012345', 'next']);
  });
});
