import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProcessFailedError } from '../../core/process/index.js';
import { RoomWatch } from './room-watch.js';

const MIB = 1024 ** 2;
const facts = { freeBytes: vi.fn<(path: string) => Promise<number>>() };
const watch = () => new RoomWatch(facts, ['/site/tmp', '/site']);
const failed = (stderrTail: string) =>
  new ProcessFailedError({ file: 'mmdebstrap', args: [], exitCode: 25, signal: null, stderrTail });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount(), 'no timer is left').toBe(0);
  vi.useRealTimers();
});

/** What a program that goes on until it is ended ends with, when that comes within a minute. */
async function standing(room: RoomWatch): Promise<unknown> {
  const stop = new AbortController();
  const ended = room.over(
    new AbortController().signal,
    (signal) =>
      new Promise((_resolve, reject) => {
        const any = AbortSignal.any([signal, stop.signal]);
        any.addEventListener('abort', () => reject(any.reason as Error));
      }),
  );
  const result = ended.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(60_000);
  stop.abort('it went on');
  return result;
}

it('ends a program that stands still on a full file system, and names that', async () => {
  facts.freeBytes.mockImplementation(async (path) => (path === '/site' ? 0 : 5 * 1024 * MIB));
  expect(await standing(watch())).toMatchObject({ kind: 'DISK_FULL', details: { path: '/site' } });
});

it('lets a program that is silent go on where there is room', async () => {
  facts.freeBytes.mockResolvedValue(200 * MIB);
  expect(await standing(watch())).toBe('it went on');
});

it('lets a program go on that still writes, or whose file system cannot be looked at', async () => {
  facts.freeBytes.mockResolvedValue(0);
  const room = watch();
  const writing = setInterval(() => room.heard('Unpacking git (1:2.39.5-0+deb12u3) ...'), 8_000);
  const result = await standing(room);
  clearInterval(writing);
  expect(result).toBe('it went on');
  facts.freeBytes.mockRejectedValue(new Error('gone'));
  expect(await standing(watch())).toBe('it went on');
});

it.each([
  "dpkg: error: failed to write '/var/lib/dpkg/status-new': No space left on device",
  "E: You don't have enough free space in /var/cache/apt/archives/.",
])('knows by %j that a program failed for want of room, whatever it wrote after that', async (complaint) => {
  const room = watch();
  const program = async (): Promise<never> => {
    room.heard(complaint);
    throw failed('E: mmdebstrap failed to run');
  };
  await expect(room.over(new AbortController().signal, program)).rejects.toMatchObject({ kind: 'DISK_FULL' });
});

it('passes on every other end', async () => {
  const room = watch();
  const { signal } = new AbortController();
  const failure = failed('E: Could not connect');
  await expect(room.over(signal, () => Promise.reject(failure))).rejects.toBe(failure);
  await expect(room.over(signal, async () => 'done')).resolves.toBe('done');
  room.heard('cp: error writing: No space left on device');
  const cancelled = new Error('cancelled');
  await expect(room.over(signal, () => Promise.reject(cancelled))).rejects.toBe(cancelled);
});
