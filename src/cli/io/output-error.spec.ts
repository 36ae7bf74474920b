import { describe, expect, it } from 'vitest';
import { outputError } from './output-error.js';

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: write`), { code });
}

describe('outputError', () => {
  it('is nothing without an error, and where the reader has gone', () => {
    expect([undefined, systemError('EPIPE'), systemError('ECONNRESET')].map(outputError)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('tells a full disk from all else', () => {
    expect(outputError(systemError('ENOSPC'))).toMatchObject({
      kind: 'DISK_FULL',
      details: { path: 'stdout' },
    });
    expect(outputError(systemError('EIO'))).toMatchObject({
      kind: 'OUTPUT_UNWRITABLE',
      message: 'its output could not be written (EIO)',
    });
    expect(outputError(new Error('odd'))?.message).toContain('for no known reason');
  });
});
