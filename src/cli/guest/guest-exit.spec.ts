import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CapturedOutput } from './captured-output.js';
import { exitCodeOfGuest } from './guest-exit.js';

describe('how a command in the guest ended', () => {
  it.each([
    [{ exitCode: 7, signal: null }, 7],
    [{ exitCode: null, signal: 'SIGKILL' }, 137],
    [{ exitCode: null, signal: 'TERM' }, 143],
    [{ exitCode: null, signal: 'WEIRD' }, 125],
    [{ exitCode: null, signal: 'constructor' }, 125],
    [{ exitCode: null, signal: null }, 125],
  ])('%j is status %d', (exit, status) => {
    expect(exitCodeOfGuest(exit)).toBe(status);
  });
});

describe('captured output', () => {
  it('keeps the beginning and reads on to the end', async () => {
    const source = new PassThrough();
    const captured = new CapturedOutput(source, 5);
    source.write('abc');
    source.write('def');
    source.end('ghi');
    await captured.ended;
    expect({ text: captured.text, truncated: captured.truncated }).toEqual({
      text: 'abcde',
      truncated: true,
    });
  });

  it('is whole when it just fits', async () => {
    const source = new PassThrough();
    const captured = new CapturedOutput(source, 3);
    source.end('abc');
    await captured.ended;
    expect({ text: captured.text, truncated: captured.truncated }).toEqual({ text: 'abc', truncated: false });
  });
});
