import { describe, expect, it } from 'vitest';
import { styleFor } from '../render/style.js';
import { PatchPainter } from './patch-painter.js';

const style = styleFor({ isTty: true, noColor: false, env: { FORCE_COLOR: '1' } });
const plain = styleFor({ isTty: false, noColor: true, env: {} });
const PATCH = [
  'diff --git a/a.txt b/a.txt',
  'index 1..2 100644',
  '--- a/a.txt',
  '+++ b/a.txt',
  '@@ -1,3 +1,3 @@',
  ' same',
  '--- a dash',
  '+new',
  'diff --git a/b b/b',
  'rename from b',
  '',
].join('\n');

function paint(text: string, with_: typeof style, pieces = text.length): string {
  const painter = new PatchPainter(with_);
  const bytes = Buffer.from(text);
  let shown = '';
  for (let at = 0; at < bytes.length; at += pieces) shown += painter.push(bytes.subarray(at, at + pieces));
  return shown + painter.end();
}

describe('a patch on a terminal', () => {
  it('has colours, in whatever pieces it comes', () => {
    const { bold, cyan, red, green } = style;
    const expected = [
      bold('diff --git a/a.txt b/a.txt'),
      bold('index 1..2 100644'),
      bold('--- a/a.txt'),
      bold('+++ b/a.txt'),
      cyan('@@ -1,3 +1,3 @@'),
      ' same',
      red('--- a dash'),
      green('+new'),
      bold('diff --git a/b b/b'),
      bold('rename from b'),
      '',
    ].join('\n');
    for (const pieces of [1, 7, PATCH.length]) expect(paint(PATCH, style, pieces)).toBe(expected);
    expect(paint(PATCH, plain)).toBe(PATCH);
  });

  it('does nothing to it that a guest has written, and keeps tabs and the last line without a newline', () => {
    const hostile = '+\u001b]0;owned\u0007\ta\r\u202e\u009b2J ü';
    expect(paint(hostile, plain, 1)).toBe(
      String.raw`+\x1b]0;owned\x07` + '\t' + String.raw`a\x0d\u202e\x9b2J ü`,
    );
    expect(paint('+\xff', plain)).toBe('+ÿ');
  });

  it('waits for no line that never ends', () => {
    const painter = new PatchPainter(style);
    painter.push(Buffer.from('@@ -1 +1 @@\n+'));
    const shown = painter.push(Buffer.from('x'.repeat(100_000)));
    expect(shown).toBe(style.green(`+${'x'.repeat(100_000)}`));
    expect(painter.push(Buffer.from('-y\n+z\n'))).toBe(`${style.green('-y')}\n${style.green('+z')}\n`);
  });
});
