import { afterAll, beforeAll, describe, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { sendSignal } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';

/** Most of it is waiting until nobody has asked for long enough: the tests, each with VMs of its own, wait side by side. */
describe.concurrent('what happens to a VM without anybody asking', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterAll(async () => {
    for (const { name } of await host.json<VmView[]>(['vm', 'list']))
      await host.banger(['vm', 'delete', '--force', name]);
    await host.assertClean();
    await host.close();
  });

  const show = (name: string): Promise<VmView> => host.json<VmView>(['vm', 'show', name]);
  const state = async (name: string): Promise<string> => (await show(name)).state;
  const lastOperation = async (vm: string): Promise<OperationView | undefined> =>
    (await host.json<OperationView[]>(['operation', 'list'])).find(({ subject }) => subject.name === vm);

  it('a VM whose hypervisor dies is started again by its policy, visibly, and stays down when the user says so', async ({
    expect,
  }) => {
    const created = await host.json<VmView>(['vm', 'create', '--name', 'web', '--restart', 'on-failure']);
    // It fails twice in a row: the second time it waits longer.
    for (const [restarts, pid] of [[1, created.pid] as const, [2, undefined] as const]) {
      sendSignal(pid ?? (await show('web')).pid, 'SIGKILL');
      await expect.poll(() => state('web'), { timeout: 30_000 }).not.toBe('running');
      const list = (await host.banger(['vm', 'list'])).stdout;
      if (list.includes('failed')) expect(list).toMatch(/restarting (in \d+s|now) \((1st|2nd)\)/);
      await expect.poll(() => state('web'), { timeout: 120_000 }).toBe('running');
      const again = await show('web');
      expect(again).toMatchObject({
        restarts,
        id: created.id,
        lastEnd: { cause: 'failed', reason: expect.stringMatching(/^killed by SIGKILL/) },
      });
      expect(again.restartAt).toBeUndefined();
      expect((await host.banger(['vm', 'exec', 'web', '--', 'true'])).exitCode).toBe(0);
    }
    expect(await lastOperation('web')).toMatchObject({
      kind: 'vm.start',
      state: 'succeeded',
      // among others: on a busy host the guest's clock is not set in time, for one
      warnings: expect.arrayContaining([
        expect.stringMatching(/restart policy on-failure, time 2 in a row: it was killed by SIGKILL/),
      ]) as string[],
    });

    sendSignal((await show('web')).pid, 'SIGKILL');
    await expect.poll(async () => (await show('web')).restartAt, { timeout: 30_000 }).toBeDefined();
    const stopped = await host.json<VmView>(['vm', 'stop', 'web']);
    expect(stopped).toMatchObject({ state: 'failed', restarts: 0 });
    expect(stopped.error?.message).toMatch(/web went down by itself: .* killed by SIGKILL/);
    expect(stopped.error?.data.details).toMatchObject({
      signal: 'SIGKILL',
      consoleTail: expect.stringMatching(/\S/),
    });
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(await state('web'), 'the stop is not undone').toBe('failed');
  });

  it('a VM that nobody uses is stopped cleanly, not while it is used, and one whose time is over is deleted', async ({
    expect,
  }) => {
    await host.json<VmView>(['vm', 'create', '--name', 'lazy', '--idle-stop', '15s', '--restart', 'always']);
    const busy = host.banger(['vm', 'exec', 'lazy', '--', 'sleep', '25']);
    await new Promise((resolve) => setTimeout(resolve, 22_000));
    expect(await state('lazy')).toBe('running');
    expect((await busy).exitCode).toBe(0);
    await expect
      .poll(async () => (await host.banger(['vm', 'list'])).stdout, { timeout: 60_000 })
      .toMatch(/idle stop (in \d+s|now)/);
    await expect.poll(() => state('lazy'), { timeout: 90_000 }).toBe('stopped');
    const stopped = await show('lazy');
    expect(stopped).toMatchObject({ lastEnd: { cause: 'idle', reason: 'idle for 15s' } });
    expect(stopped.error).toBeUndefined();
    expect((await host.banger(['vm', 'list'])).stdout).toMatch(/lazy +stopped .*idle for 15s/);
    expect(await lastOperation('lazy')).toMatchObject({
      kind: 'vm.stop',
      warnings: ['stopped because it was idle for 15s'],
    });

    await host.json<VmView>(['vm', 'create', '--name', 'brief', '--ttl', '5s']);
    await expect
      .poll(async () => (await host.json<VmView[]>(['vm', 'list'])).map(({ name }) => name), {
        timeout: 60_000,
      })
      .not.toContain('brief');
    expect(await lastOperation('brief')).toMatchObject({
      kind: 'vm.delete',
      state: 'succeeded',
      warnings: [expect.stringMatching(/time to live was over/)],
    });
    expect(await state('lazy'), 'its policy does not undo the stop').toBe('stopped');
  });
});
