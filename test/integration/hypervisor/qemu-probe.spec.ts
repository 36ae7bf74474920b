import { expect, it, onTestFinished, vi } from 'vitest';
import { BangerError } from '../../../src/core/errors/index.js';
import type { ProcessRunner, RunRequest } from '../../../src/core/process/index.js';
import { QemuHypervisor } from '../../../src/vm/hypervisor/qemu/qemu-hypervisor.js';

it('a host on which KVM did not work is asked again after some minutes, and nobody waits for that', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  let answer: () => Promise<unknown> = () => Promise.resolve();
  const run = async ({ file }: RunRequest): Promise<unknown> => {
    if (file === 'timeout')
      throw new BangerError('TIMEOUT', 'it hangs', { details: { afterMs: 1200 } as never });
    asked += 1;
    await answer();
    return { stdout: Buffer.from(`QEMU emulator version 7.${asked}`), stderr: Buffer.alloc(0) };
  };
  const hypervisor = new QemuHypervisor({ run } as unknown as ProcessRunner);
  const probe = async (): Promise<unknown> => (await hypervisor.probe()).version;

  expect([await probe(), await probe(), asked]).toEqual(['7.1', '7.1', 1]);
  vi.advanceTimersByTime(6 * 60_000);
  const slow = Promise.withResolvers<void>();
  answer = () => slow.promise;
  expect([await probe(), await probe()], 'the old answer while the new one is worked out').toEqual([
    '7.1',
    '7.1',
  ]);
  slow.resolve();
  await expect.poll(probe).toBe('7.2');
  expect(asked).toBe(2);
});
