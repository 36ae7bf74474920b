import { expect, it } from 'vitest';
import { DownloadBusyError, DownloadFailedError, DownloadRefusedError } from './download.errors.js';
import { DEFAULT_PATIENCE } from './patience.js';
import { Retries, retryAfterMs } from './retries.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const quick = { ...DEFAULT_PATIENCE, backOffMs: 0, attempts: 3 };
const broken = new DownloadFailedError('host', { reason: 'broken', fix: '', passing: true });

it.each([
  ['5', 5000],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['999999999', 604_800_000],
  ['soon', undefined],
  ['-5x', undefined],
  [undefined, undefined],
  ['9'.repeat(100), undefined],
])('Retry-After %s is %s ms', (value, ms) => {
  expect(retryAfterMs(value, NOW)).toBe(ms);
});

it('gives up after so many attempts in vain; progress begins the count anew', async () => {
  const retries = new Retries(quick, new AbortController().signal);
  await retries.pauseAfter(broken);
  await retries.pauseAfter(broken);
  retries.progress();
  await retries.pauseAfter(broken);
  await retries.pauseAfter(broken);
  await expect(retries.pauseAfter(broken)).rejects.toBe(broken);
});

it.each([
  new DownloadRefusedError('host', 'part', 'wrong'),
  new DownloadFailedError('host', { reason: 'certificate', fix: '', passing: false }),
  new DownloadBusyError('host', 3600, 3_600_000),
])('does not try again after $message', async (failure) => {
  const retries = new Retries(quick, new AbortController().signal);
  await expect(retries.pauseAfter(failure)).rejects.toBe(failure);
});

it('a pause ends with the signal', async () => {
  const retries = new Retries({ ...quick, backOffMs: 60_000 }, AbortSignal.timeout(10));
  await expect(retries.pauseAfter(broken)).rejects.toMatchObject({ kind: 'CANCELLED' });
});
