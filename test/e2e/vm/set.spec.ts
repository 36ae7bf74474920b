import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';
import { checkDisk } from '../../support/vm-disks.js';
import { freePort } from '../../support/free-port.js';
import { sendSignal } from '../../support/processes.js';

/** One VM serves all of these; none depends on what another has left. */
describe('the settings of a VM', () => {
  let host: TestHost;
  let ports: [number, number];
  beforeAll(async () => {
    host = await TestHost.create();
    ports = [await freePort(), await freePort()];
    await host.json([
      ...['vm', 'create', '--name', 'web', '--memory', '1g', '-p', `${ports[0]}:80`],
      ...['--label', 'team=ui', '--label', 'tier=1', '--ttl', '2h', '--restart', 'on-failure'],
    ]);
  });
  afterAll(async () => {
    for (const { name } of await host.json<VmView[]>(['vm', 'list']))
      await host.banger(['vm', 'delete', '--force', name]);
    await host.assertClean();
    await host.close();
  });

  const show = (name: string): Promise<VmView> => host.json<VmView>(['vm', 'show', name]);
  /** the VM, whatever its name is by now */
  const current = async (): Promise<VmView> => {
    const [vm] = await host.json<VmView[]>(['vm', 'list']);
    return vm ?? expect.unreachable();
  };
  const set = (...args: string[]) => host.banger(['vm', 'set', ...args]);

  async function inside(script: string): Promise<string> {
    const { id } = await current();
    const { exitCode, stdout, stderr } = await host.banger(['vm', 'exec', id, '--', 'sh', '-c', script]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return stdout.trim();
  }

  const guestDiskMib = async (): Promise<number> =>
    Number(await inside("df -m / | awk 'NR == 2 { print $2 }'"));
  const guestFreeMib = async (): Promise<number> =>
    Number(await inside("free -m | awk '/^Mem/ { print $7 }'"));

  it('are given at its creation, and are found by their labels', async () => {
    const web = await show('web');
    expect(web).toMatchObject({
      labels: { team: 'ui', tier: '1' },
      ttlSeconds: 7200,
      restartPolicy: 'on-failure',
    });
    const left = Date.parse(web.expiresAt ?? '') - Date.now();
    expect(left).toBeGreaterThan(6_600_000);
    expect(left).toBeLessThan(7_200_000);
    const found = async (label: string): Promise<string[]> =>
      (await host.json<VmView[]>(['vm', 'list', '--label', label])).map(({ name }) => name);
    expect([await found('team=ui'), await found('tier'), await found('team=db')]).toEqual([
      ['web'],
      ['web'],
      [],
    ]);
  });

  it('change while it runs: disk and memory at once, CPUs from the next start, and what waits is told', async () => {
    const { name, diskMib } = await current();
    const before = { disk: await guestDiskMib(), free: await guestFreeMib() };
    const changed = await set(name, '--memory', '400m', '--disk', `${diskMib + 4096}m`, '--cpus', '2');
    expect(changed).toMatchObject({ exitCode: 0, stdout: `${name}\n` });
    expect(changed.stderr).toContain('CPUs: 2 from the next start, 1 until then');
    const vm = await show(name);
    expect(vm).toMatchObject({ diskMib: diskMib + 4096, memoryMib: 400, cpus: 2 });
    expect(vm.pending).toEqual({ cpus: { now: 1, next: 2 } });
    expect(await guestDiskMib(), 'df shows the new size').toBeGreaterThan(before.disk + 3800);
    expect(await guestFreeMib(), 'the guest has given memory back').toBeLessThan(before.free - 250);
    expect((await host.banger(['vm', 'show', name])).stdout).toMatch(/waiting: +CPUs: 2 from the next start/);
    // More than it was started with waits, and it gets back what it had.
    const more = await host.json<VmView>(['vm', 'set', name, '--memory', '1100m', '--cpus', '1']);
    expect(more.pending).toEqual({ memoryMib: { now: 1024, next: 1100 } });
    expect(await guestFreeMib()).toBeGreaterThan(before.free - 100);
    expect((await host.json<VmView>(['vm', 'set', name, '--memory', '1g'])).pending).toBeUndefined();
  });

  it('are refused as a whole, with everything that stands against them, and nothing is changed', async () => {
    const before = await current();
    const { name, diskMib } = before;
    const refused = await host.banger([
      ...['vm', 'set', name, '--disk', `${diskMib - 1024}m`, '--cpus', '999'],
      ...['--name', 'other', '--ttl', '0', '--json'],
    ]);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: {
        kind: 'PREFLIGHT_FAILED',
        details: {
          findings: [
            { check: 'cpus', fix: expect.any(String) },
            {
              check: 'disk',
              problem: expect.stringContaining(`cannot be made smaller: it has ${diskMib} MiB`),
            },
          ],
        },
      },
    });
    const smaller = await set(name, '--disk', `${diskMib - 1}m`);
    expect(smaller.exitCode).toBe(2);
    expect(smaller.stderr).toMatch(/why: it has \d+ MiB[\s\S]*fix: ask for more than \d+ MiB/);
    expect(await set(name, '--disk', '17t')).toMatchObject({ exitCode: 2 });
    expect(await set(name)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing to set') });
    expect(await set(name, 'db', '--name', 'x')).toMatchObject({ exitCode: 2 });
    expect(await show(name)).toEqual(before);
  });

  it('are added and removed: name, labels, ports and what it does by itself', async () => {
    const before = await current();
    const renamed = await host.json<VmView>([
      ...[
        'vm',
        'set',
        before.name,
        '--name',
        'shop',
        '--unlabel',
        'tier',
        '--label',
        'team=web',
        '--label',
        'x=y',
      ],
      ...['-p', `${ports[1]}:81`, '--ttl', '0', '--idle-stop', '45m', '--restart', 'no'],
    ]);
    expect(renamed).toMatchObject({
      id: before.id,
      name: 'shop',
      pid: before.pid,
      labels: { team: 'web', x: 'y' },
      idleStopSeconds: 2700,
      restartPolicy: 'no',
    });
    expect([renamed.expiresAt, renamed.ttlSeconds, renamed.pending]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(renamed.publishedPorts.map(({ hostPort }) => hostPort)).toEqual(ports);
    expect(await inside('hostname; cat /etc/hostname; grep -c shop.vm /etc/hosts')).toBe('shop\nshop\n1');
    expect(await host.banger(['vm', 'show', 'web'])).toMatchObject({ exitCode: 3 });
    const moved = await host.json<VmView>(['vm', 'set', 'shop', '--unpublish', String(ports[0])]);
    expect(moved.publishedPorts.map(({ hostPort }) => hostPort)).toEqual([ports[1]]);
    const replaced = await host.json<VmView>(['vm', 'set', 'shop', '--no-publish', '-p', `${ports[0]}:80`]);
    expect(replaced.publishedPorts.map(({ hostPort }) => hostPort)).toEqual([ports[0]]);
    expect(await host.json<VmView>(['vm', 'set', 'shop', '--no-publish', '--unlabel', 'gone'])).toMatchObject(
      {
        publishedPorts: [],
        labels: { team: 'web', x: 'y' },
      },
    );
  });

  // The hypervisor is halted in the middle, so that a change is under way for as long as the test likes.
  it('change one at a time; a change that is cancelled in the middle is undone as a whole', async () => {
    const before = await current();
    sendSignal(before.pid, 'SIGSTOP');
    const setting = set(before.name, '--name', 'half', '--label', 'half=done', '--memory', '400m');
    const running = async (): Promise<OperationView | undefined> =>
      (await host.json<OperationView[]>(['operation', 'list', '--state', 'running'])).find(
        ({ steps }) => steps.at(-1)?.name === 'memory.adjust',
      );
    await expect.poll(running, { timeout: 30_000 }).toBeDefined();
    expect(await set('half', '--label', 'second=1')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('change of its settings is under way'),
    });
    const cancelling = host.banger(['operation', 'cancel', (await running())?.id ?? '']);
    sendSignal(before.pid, 'SIGCONT');
    expect(await cancelling).toMatchObject({ exitCode: 0 });
    expect(await setting).toMatchObject({ exitCode: 130 });
    // when it would be stopped for want of use goes on with the time
    const after = await show(before.id);
    expect(after).toEqual(Object.assign(before, { idleStopAt: after.idleStopAt }));
    expect(await inside('hostname')).toBe(before.name);
  });

  it('that wait are there after a restart, and a disk grown live or while it was off is whole', async () => {
    const { name, diskMib } = await current();
    await inside('echo kept > /root/file');
    await host.json(['vm', 'set', name, '--memory', '800m', '--cpus', '2', '--disk', `${diskMib + 1024}m`]);
    const stopped = await host.json<VmView>(['vm', 'stop', name]);
    const checked = await checkDisk(host, stopped);
    expect(checked).toMatch(/[0-9]+\/[0-9]+ files/);
    expect(checked).not.toMatch(/status|recover/i);
    const grown = await host.json<VmView>(['vm', 'set', name, '--disk', `${diskMib + 2048}m`]);
    expect(grown).toMatchObject({ state: 'stopped', diskMib: diskMib + 2048 });
    const started = await host.json<VmView>(['vm', 'start', name]);
    expect(started).toMatchObject({ cpus: 2, memoryMib: 800 });
    expect(started.pending).toBeUndefined();
    expect(await inside('nproc; cat /root/file')).toBe('2\nkept');
    expect(await guestDiskMib()).toBeGreaterThan((diskMib + 2048) * 0.93);
  });

  it('are finished when the daemon was killed in the middle: what the record says, the guest has', async () => {
    const { id, name, pid, diskMib } = await current();
    sendSignal(pid, 'SIGSTOP');
    const setting = set(name, '--name', 'late', '--disk', `${diskMib + 1024}m`);
    const recorded = (): number =>
      host.rows<{ diskMib: number }>('SELECT diskMib FROM Vm').at(0)?.diskMib ?? 0;
    await expect.poll(recorded, { timeout: 60_000 }).toBe(diskMib + 1024);
    process.kill(await host.daemonPid(), 'SIGKILL');
    sendSignal(pid, 'SIGCONT');
    expect((await setting).exitCode).not.toBe(0);
    await expect.poll(async () => (await show(id)).pending, { timeout: 60_000 }).toBeUndefined();
    expect(await show('late')).toMatchObject({ id, pid, state: 'running', diskMib: diskMib + 1024 });
    expect(await guestDiskMib()).toBeGreaterThan((diskMib + 1024) * 0.93);
    expect(await inside('hostname')).toBe('late');
  });
});
