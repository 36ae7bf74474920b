import { expect, it } from 'vitest';
import { OutputLines } from './output-lines.js';

it('a guest’s output comes as printable lines, whatever the guest writes, and is bounded', () => {
  const seen: string[] = [];
  const lines = new OutputLines((text) => seen.push(text));
  const text = 'one\ntw\u001b[31mo\u001b[0m\r\n10 %\r20 %\n\n\u001b]0;title\u0007\tthé\u0000 end\u202e\n';
  for (const byte of Buffer.from(text)) lines.push(Buffer.from([byte]));
  expect(seen).toEqual(['one', 'two', '10 %', '20 %', ']0;title thé end']);
  for (let index = 0; index < 100; index += 1) lines.push(Buffer.alloc(100_000, 'x'));
  lines.push(Buffer.from('\n'));
  expect(seen.at(-1)).toHaveLength(1_000);
  expect(lines.tail.length).toBeLessThanOrEqual(4_096);
});
