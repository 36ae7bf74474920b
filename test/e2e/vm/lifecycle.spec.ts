import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { sendSignal } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';

describe('the life of a VM', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  it('is created, used, stopped, started with its disk and identity kept, and deleted', async () => {
    const created = await host.json<VmView>([
      'vm',
      'create',
      '--name',
      'web',
      '--memory',
      '256m',
      '--env',
      'GREETING=hello',
    ]);
    expect(created).toMatchObject({
      name: 'web',
      state: 'running',
      memoryMib: 256,
      env: { GREETING: 'hello' },
    });
    expect(await host.json<VmView[]>(['vm', 'list'])).toHaveLength(1);

    const first = await host.banger([
      'vm',
      'exec',
      'web',
      '--',
      'sh',
      '-c',
      'echo kept > /root/file; hostname; cat /etc/machine-id; cat /etc/ssh/ssh_host_ed25519_key.pub; echo $GREETING; systemctl is-system-running --wait >&2',
    ]);
    const [hostname, machineId, hostKey, greeting] = first.stdout.trim().split('\n');
    const traced = await host.banger(['vm', 'exec', 'web', '--', 'printenv', 'BANGER_REF']);
    const log = await host.banger(['daemon', 'logs', '--lines', '20']);
    expect(log.stdout, 'one id from the command line to the guest').toContain(traced.stdout.trim());
    expect(traced.stdout).toMatch(/^cli-\w+\n$/);
    expect({ hostname, greeting, code: first.exitCode }).toEqual({
      hostname: 'web',
      greeting: 'hello',
      code: 0,
    });
    expect(machineId).toMatch(/^[0-9a-f]{32}$/);

    expect(await host.json<VmView>(['vm', 'stop', 'web'])).toMatchObject({ state: 'stopped' });
    expect(await host.machineProcesses()).toEqual([]);
    expect(await host.json<VmView>(['vm', 'stop', 'web']), 'stopping twice is success').toMatchObject({
      state: 'stopped',
    });

    expect(await host.json<VmView>(['vm', 'start', 'web'])).toMatchObject({ state: 'running' });
    const second = await host.banger([
      'vm',
      'exec',
      'web',
      '--',
      'sh',
      '-c',
      'cat /root/file /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub',
    ]);
    expect(second.stdout).toBe(`kept\n${machineId}\n${hostKey}\n`);

    const refused = await host.banger(['vm', 'delete', 'web']);
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/is running[\s\S]*fix:/) });
    expect(await host.banger(['vm', 'delete', '--force', 'web'])).toMatchObject({ exitCode: 0 });
    expect(await host.banger(['vm', 'show', 'web'])).toMatchObject({ exitCode: 3 });
  });

  it('is killed at once, and a VM that powers itself off is stopped, one whose hypervisor dies has failed', async () => {
    await host.json(['vm', 'create', '--name', 'off']);
    await host.banger(['vm', 'exec', 'off', '--', 'systemctl', '--no-wall', 'poweroff']);
    await expect
      .poll(async () => (await host.json<VmView>(['vm', 'show', 'off'])).state, { timeout: 30_000 })
      .toBe('stopped');

    const { pid } = await host.json<VmView>(['vm', 'create', '--name', 'one']);
    sendSignal(pid, 'SIGKILL');
    await expect
      .poll(async () => (await host.json<VmView>(['vm', 'show', 'one'])).state, { timeout: 10_000 })
      .toBe('failed');
    const failed = await host.json<VmView>(['vm', 'show', 'one']);
    expect(failed.error?.message).toMatch(/killed by SIGKILL/);
    expect(failed.pid).toBeUndefined();

    expect(await host.json<VmView>(['vm', 'start', 'one']), 'a failed VM starts again').toMatchObject({
      state: 'running',
    });
    expect(await host.json<VmView>(['vm', 'kill', 'one'])).toMatchObject({ state: 'stopped' });
    await host.banger(['vm', 'delete', '--force', 'one', 'off']);
  });

  it('keeps several VMs apart, each with a name of its own where none was given', async () => {
    const [a, b] = await Promise.all([
      host.json<VmView>(['vm', 'create']),
      host.json<VmView>(['vm', 'create']),
    ]);
    expect(a.name).not.toBe(b.name);
    const identities = await Promise.all(
      [a, b].map(({ name }) =>
        host.banger([
          'vm',
          'exec',
          name,
          '--',
          'sh',
          '-c',
          'cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; cat /proc/sys/kernel/random/uuid',
        ]),
      ),
    );
    const lines = identities.map(({ stdout }) => stdout.trim().split('\n'));
    for (const at of [0, 1, 2]) expect(lines[0]?.[at]).not.toBe(lines[1]?.[at]);
    expect(await host.banger(['vm', 'delete', '--force', a.name, b.name])).toMatchObject({ exitCode: 0 });
  });

  it('lets exactly one of two creations of one name succeed', async () => {
    const results = await Promise.all([0, 1].map(() => host.banger(['vm', 'create', '--name', 'twin'])));
    expect(results.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 4]);
    expect(results.find(({ exitCode }) => exitCode === 4)?.stderr).toMatch(/already a VM called "twin"/);
    await host.banger(['vm', 'delete', '--force', 'twin']);
  });
});
