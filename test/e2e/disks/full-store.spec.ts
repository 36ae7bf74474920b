import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { TestHost } from '../../support/test-host.js';
import { checkDisk, diskPath } from '../../support/vm-disks.js';

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

/** Skipped without root: a small file system has to be mounted. */
describe.skipIf(!isRoot)('the store of the disks', () => {
  let host: TestHost;
  let store: SmallFilesystem;
  beforeAll(async () => {
    host = await TestHost.create();
    store = new SmallFilesystem(join(host.stateDirectory, 'vms'), 400);
  });
  afterEach(async () => {
    store.relieve();
    for (const { name } of await host.json<VmView[]>(['vm', 'list']))
      await host.banger(['vm', 'delete', '--force', name]);
    await host.assertClean();
  });
  afterAll(async () => {
    await host.banger(['daemon', 'stop']);
    store.unmount();
    await host.close();
  });

  async function show(): Promise<VmView> {
    return host.json<VmView>(['vm', 'show', 'web']);
  }

  async function inside(script: string): Promise<string> {
    const result = await host.banger(['vm', 'exec', '--cwd', '/', 'web', '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }

  /** Kinds of what is said of the VM. */
  async function conditions(): Promise<string[]> {
    return ((await show()).conditions ?? []).map(({ kind }) => kind);
  }

  async function allocatedMib(vm: VmView): Promise<number> {
    return Number(execFileSync('stat', ['-c', '%b', diskPath(host, vm)], { encoding: 'utf8' })) / 2048;
  }

  /** More than the store has room for while its ballast is there. */
  const WRITE = 'yes banger | head -c 64M > /opt/big; sync; echo written > /opt/done';

  it('gets back what a guest gives up; when it is full the guest is halted before it breaks, and goes on when it is not', async () => {
    const vm = await host.json<VmView>(['vm', 'create', '--name', 'web']);
    await expect.poll(conditions, { timeout: 30_000 }).toEqual(['disk-space-low']);

    const before = await allocatedMib(vm);
    await inside('yes banger | head -c 80M > /opt/gone; sync');
    expect(await allocatedMib(vm)).toBeGreaterThan(before + 76);
    await inside('rm /opt/gone; sync; fstrim /');
    expect(await allocatedMib(vm)).toBeLessThan(before + 24);

    store.fill(40 * MIB);
    await inside(`nohup sh -c '${WRITE}' > /dev/null 2>&1 &`);
    await expect.poll(conditions, { timeout: 90_000 }).toEqual(['halted']);
    const listed = await host.banger(['vm', 'list']);
    expect(listed.stdout).toMatch(/^web +halted /m);
    expect(listed.stderr).toMatch(/web: halted: the file system of .* is full[\s\S]*free some space/);

    process.kill(await host.daemonPid(), 'SIGKILL');
    expect(await conditions(), 'the next daemon knows it').toEqual(['halted']);

    store.relieve();
    await expect.poll(conditions, { timeout: 30_000 }).toEqual(['disk-space-low']);
    await expect.poll(() => inside('cat /opt/done 2>/dev/null || :'), { timeout: 90_000 }).toBe('written');
    await inside('echo 3 > /proc/sys/vm/drop_caches; yes banger | head -c 64M | cmp - /opt/big');
    await host.json(['vm', 'stop', 'web']);
    const checked = await checkDisk(host, vm);
    expect(checked).not.toMatch(/status|recover/i);
    expect(checked).toMatch(/[0-9]+\/[0-9]+ files/);
  });

  it('does not keep a halted VM from being killed, started and deleted', async () => {
    await host.json(['vm', 'create', '--name', 'web']);
    store.fill(24 * MIB);
    await inside(`nohup sh -c '${WRITE}' > /dev/null 2>&1 &`);
    await expect.poll(conditions, { timeout: 90_000 }).toEqual(['halted']);
    expect(await host.json<VmView>(['vm', 'kill', 'web'])).toMatchObject({ state: 'stopped' });
    expect((await show()).conditions).toBeUndefined();
    store.relieve();
    expect(await host.banger(['vm', 'start', 'web'])).toMatchObject({ exitCode: 0 });
    expect(await host.banger(['vm', 'delete', '--force', 'web'])).toMatchObject({ exitCode: 0 });
  });

  it('that becomes full while memory is written to it lets the VM run on, and is given back what was written', async () => {
    const vm = await host.json<VmView>(['vm', 'create', '--name', 'web', '--memory', '256']);
    await inside('yes "$(cat /proc/sys/kernel/random/uuid)" | head -c 100M > /dev/shm/big');
    const names = (): string[] =>
      readdirSync(join(store.directory, vm.id), { recursive: true, encoding: 'utf8' });
    const isMemory = (name: string): boolean => basename(name) === 'memory';
    for (const command of [
      ['snapshot', 'create', 'web'],
      ['suspend', 'web'],
      ['fork', 'web'],
    ]) {
      const keeping = host.banger(['vm', ...command]);
      await expect.poll(() => names().some(isMemory), { timeout: 30_000, interval: 1 }).toBe(true);
      store.fillUp();
      expect(await keeping).toMatchObject({
        exitCode: 9,
        stderr: expect.stringMatching(/no space is left on the file system of .*\n.*free some space/),
      });
      store.relieve();
      expect(await show()).toMatchObject({ state: 'running' });
      await inside('yes "$(head -n 1 /dev/shm/big)" | head -c 100M | cmp - /dev/shm/big');
      // the VM's own record is written in rounds: it may be there or not
      const left = names().filter((name) => isMemory(name) || /(state|json)$|snp_/.test(name));
      expect(left.filter((name) => name !== 'vm.json')).toEqual([]);
    }
    expect(await host.json<VmView[]>(['vm', 'list'])).toHaveLength(1);
  });
});
