import { chmodSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VmSnapshotView, VmView } from '../../../src/contract/index.js';
import { COUNT } from '../../support/guest-counter.js';
import { TestHost } from '../../support/test-host.js';
import { checkDisk } from '../../support/vm-disks.js';

describe('snapshots', () => {
  let host: TestHost;
  let vm: VmView;
  beforeAll(async () => {
    host = await TestHost.create();
    vm = await host.json<VmView>(['vm', 'create', '--name', 'web', '--memory', '256m']);
  });
  afterAll(async () => {
    const vms = await host.json<VmView[]>(['vm', 'list']);
    await host.banger(['vm', 'delete', '--force', ...vms.map(({ name }) => name)]);
    await host.assertClean();
    await host.close();
  });

  async function inside(script: string, name = 'web'): Promise<string> {
    const result = await host.banger(['vm', 'exec', name, '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }
  const snapshot = (...args: string[]): Promise<VmSnapshotView> =>
    host.json<VmSnapshotView>(['vm', 'snapshot', ...args]);
  const list = (): Promise<VmSnapshotView[]> =>
    host.json<VmSnapshotView[]>(['vm', 'snapshot', 'list', 'web']);
  const place = (...parts: string[]): string => join(host.stateDirectory, 'vms', vm.id, ...parts);

  it('keep disks and memory of a VM that runs; it goes back to them, and others begin as them', async () => {
    await inside(`${COUNT} echo first > /file`);
    const first = await snapshot('create', 'web', 'first');
    expect(first).toMatchObject({ name: 'first', vm: 'web', kind: 'memory', memoryMib: 256 });
    expect(first.pausedMs).toBeGreaterThan(0);
    const before = Number(await inside('echo second > /file; cat /run/count'));
    const second = await snapshot('create', 'web');
    expect(second.name).toBe('2');
    await inside('rm /file; sync');
    const taken = await host.banger(['vm', 'snapshot', 'create', 'web', 'first']);
    expect(taken).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('banger vm snapshot delete web first'),
    });
    const running = await host.banger(['vm', 'snapshot', 'restore', 'web', 'first']);
    expect(running).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--force') });

    expect(await host.json<VmView>(['vm', 'snapshot', 'restore', '--force', 'web', 'first'])).toMatchObject({
      state: 'running',
    });
    const [file, count] = (await inside('cat /file; cat /run/count')).split('\n');
    expect(file).toBe('first');
    expect(Number(count), 'the process goes on from there').toBeGreaterThan(5);
    expect(Number(count)).toBeLessThan(before + 60);

    const copy = await host.json<VmView>(['vm', 'create', '--name', 'copy', '--from-snapshot', 'web/2']);
    expect(copy).toMatchObject({ state: 'running', memoryMib: 256 });
    expect(await inside('cat /file; hostname', 'copy')).toBe('second\ncopy');
    expect(Number(await inside('cat /run/count', 'copy'))).toBeGreaterThan(before - 5);
    // each stands by itself
    expect(await snapshot('delete', 'web', 'first')).toMatchObject({ name: 'first' });
    expect((await list()).map(({ name }) => name)).toEqual(['2']);
    await host.json(['vm', 'snapshot', 'restore', '--force', 'web', '2']);
    expect(await inside('cat /file')).toBe('second');
    await snapshot('delete', 'web', '2');
    expect(await inside('cat /file; sync', 'copy')).toBe('second');
    await host.json(['vm', 'restart', 'copy']);
    expect(await inside('cat /file', 'copy')).toBe('second');
    await host.json(['vm', 'delete', '--force', 'copy']);
  });

  it('that are damaged are told before anything is touched; without the memory the disks are put back', async () => {
    await inside('echo first > /file; sync');
    const { id } = await snapshot('create', 'web', 'first');
    await inside('echo second > /file; sync');
    const unknown = await host.banger(['vm', 'snapshot', 'restore', '--force', 'web', 'frist']);
    expect(unknown).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('banger vm snapshot list web'),
    });
    const state = place('snapshots', id, 'state');
    chmodSync(state, 0o600);
    truncateSync(state, 1000);
    const restored = await host.banger(['vm', 'snapshot', 'restore', '--force', 'web', 'first']);
    expect(restored).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('its disks alone are put back'),
    });
    expect(await inside('cat /file')).toBe('first');
    await inside('echo third > /file; sync');
    // a name of the file, which the VM needs as well
    rmSync(place('snapshots', id, 'root.1.qcow2'));
    const refused = await host.banger(['vm', 'snapshot', 'restore', '--force', 'web', 'first']);
    expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('damaged') });
    expect(await inside('cat /file'), 'it runs on').toBe('third');
  });

  it('keep the disks alone: whole, of a VM that runs, that is shut down for it, or is down', async () => {
    await inside('dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null; sha256sum < /data > /sum');
    const live = await snapshot('create', 'web', 'live', '--disk-only');
    expect(live).toMatchObject({ kind: 'disk' });
    const down = await snapshot('create', 'web', 'down', '--stop');
    expect(down).toMatchObject({ kind: 'disk' });
    expect(await host.json<VmView>(['vm', 'show', 'web'])).toMatchObject({ state: 'stopped' });
    await snapshot('create', 'web', 'again');
    expect((await list()).map(({ name }) => name)).toEqual(['first', 'live', 'down', 'again']);
    expect(await checkDisk(host, vm)).not.toMatch(/^status/);
    expect(await host.json<VmView>(['vm', 'snapshot', 'restore', 'web', 'live'])).toMatchObject({
      state: 'stopped',
    });
    expect(await checkDisk(host, vm)).not.toMatch(/^status/);
    const copy = ['vm', 'create', '--name', 'copy', '--from-snapshot', 'web/live', '--label', 'a=b'];
    expect(await host.json<VmView>(copy)).toMatchObject({ state: 'running', labels: { a: 'b' } });
    expect(await inside('[ "$(sha256sum < /data)" = "$(cat /sum)" ] && hostname', 'copy')).toBe('copy');
    await host.json(['vm', 'delete', '--force', 'copy']);
  });
});
