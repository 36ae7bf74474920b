import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  VmHealthView,
  VmPingView,
  VmPortsView,
  VmStatsView,
  VmView,
} from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';
import { freePort } from '../../support/free-port.js';
import { sendSignal } from '../../support/processes.js';

/** One VM serves all of it. */
describe('what a VM does is seen', () => {
  let host: TestHost;
  let vm: VmView;
  let published: number;
  beforeAll(async () => {
    host = await TestHost.create();
    published = await freePort();
    vm = await host.json<VmView>(['vm', 'create', '--name', 'web', '--publish', `${published}:8080`]);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'web']);
    await host.assertClean();
    await host.close();
  });

  const inGuest = (script: string) => host.banger(['vm', 'exec', 'web', '--', 'sh', '-c', script]);
  const stats = () => host.json<VmStatsView>(['vm', 'stats', 'web', '--history']);

  async function eventually<T>(look: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
    for (const end = Date.now() + 90_000; ; await delay(1_000)) {
      const value = await look();
      if (isDone(value) || Date.now() > end) return value;
    }
  }

  it('stats: CPU, disk and network move when the VM works, and the guest tells of its memory', async () => {
    const before = await eventually(
      stats,
      ({ network, memory }) => network !== undefined && memory?.guestUsedBytes !== undefined,
    );
    expect(before).toMatchObject({
      name: 'web',
      state: 'running',
      uptimeSeconds: expect.any(Number),
      cpu: { seconds: expect.any(Number) },
      memory: {
        residentBytes: expect.any(Number),
        proportionalBytes: expect.any(Number),
        guestUsedBytes: expect.any(Number),
      },
      network: { source: 'guest' },
    });
    const worked = await inGuest(
      'dd if=/dev/urandom of=/root/load bs=1M count=16 conv=fsync 2>/dev/null; head -c 3000000 /dev/zero',
    );
    expect(worked).toMatchObject({ exitCode: 0 });
    const sum = ({ cpu, disk, network }: VmStatsView): number[] => [
      cpu?.seconds ?? 0,
      disk?.writeBytes ?? 0,
      disk?.allocatedBytes ?? 0,
      network?.sentBytes ?? 0,
    ];
    const atLeast = [0.3, 15e6, 15e6, 3e6];
    const moved = (after: VmStatsView): boolean =>
      sum(after).every((value, index) => value - (sum(before)[index] ?? 0) >= (atLeast[index] ?? 0));
    const after = await eventually(stats, moved);
    expect({ before: sum(before), after: sum(after), moved: moved(after) }).toMatchObject({ moved: true });
    // what the VMM is asked for beside a sample is in the history with the next one
    const peaks = await eventually(
      async () => {
        const { history } = await stats();
        const isNew = (history?.at ?? []).map((at) => at > Date.parse(before.sampledAt ?? ''));
        const peak = (series: (number | null)[] | undefined) =>
          Math.max(...(series ?? []).map(Number).filter((_value, index) => isNew[index]));
        return { cpuCores: peak(history?.cpuCores), diskWriteRate: peak(history?.diskWriteRate) };
      },
      ({ diskWriteRate }) => diskWriteRate > 100_000,
    );
    expect(peaks.cpuCores).toBeGreaterThan(0.05);
    expect(peaks.diskWriteRate).toBeGreaterThan(100_000);
    const top = await host.banger(['vm', 'top']);
    expect(top.stdout).toMatch(/^NAME +CPU .*\nweb +\d/);
  });

  it('health and ping: all is well', async () => {
    const health = await eventually(
      () => host.json<VmHealthView>(['vm', 'health', 'web']),
      ({ checks }) => checks.every(({ status }) => status === 'ok'),
    );
    expect(health.checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(health.checks.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'state',
        'process',
        'control',
        'agent',
        'ssh',
        'clock',
        'guest-disk',
        'memory',
        'host-disk',
      ]),
    );
    const ping = await host.json<{ answers: VmPingView[] }>(['vm', 'ping', 'web', '--count', '1']);
    expect(ping.answers).toEqual([
      { name: 'web', controlMs: expect.any(Number), agentMs: expect.any(Number), sshMs: expect.any(Number) },
    ]);
  });

  it('ports: what listens, the process that does, and how to reach it', async () => {
    const listen = (address: string, port: number): string =>
      `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "${address}", LocalPort => ${port}, Listen => 1) or die; sleep 600'`;
    const background = (command: string): string => `setsid ${command} >/dev/null 2>&1 </dev/null &`;
    await inGuest(`${background(listen('0.0.0.0', 8080))} ${background(listen('127.0.0.1', 9090))}`);
    const { listeners, idle } = await eventually(
      () => host.json<VmPortsView>(['vm', 'ports', 'web']),
      (view) => view.listeners.length >= 4,
    );
    const at = (port: number) => listeners.find((one) => one.port === port);
    expect(at(8080)).toMatchObject({
      protocol: 'tcp',
      address: '0.0.0.0',
      process: 'perl',
      pid: expect.any(Number),
      reachable: [`127.0.0.1:${published}`],
    });
    expect(at(9090)).toMatchObject({
      process: 'perl',
      reachable: [],
      hint: expect.stringContaining('loopback'),
    });
    expect(at(22)).toMatchObject({ process: 'sshd', reachable: [`127.0.0.1:${vm.sshPort}`] });
    expect(idle).toEqual([]);
  });

  it('console --follow: what the guest prints, also after a restart, and until the VM is deleted', async () => {
    const follower = host.spawn(['vm', 'console', 'web', '--follow', '--tail', '0'], { stdio: 'pipe' });
    let seen = '';
    follower.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const sees = (text: string | RegExp) =>
      eventually(
        async () => seen,
        (so) => so.search(text) >= 0,
      );
    try {
      // The follower is there when the first line comes; it may be later than the first that is written.
      await eventually(
        async () => {
          await inGuest(`printf 'hello \\033[31mfrom inside\\033[0m\\n' > /dev/console`);
          return seen;
        },
        (so) => so.includes('from inside'),
      );
      expect(seen).toContain('hello from inside\n');
      expect(await host.banger(['vm', 'restart', 'web'])).toMatchObject({ exitCode: 0 });
      expect(await sees(/SeaBIOS|Linux version|Booting/)).toMatch(/SeaBIOS|Linux version|Booting/);
      follower.kill('SIGINT');
      const exitCode = await new Promise((resolve) => follower.once('close', resolve));
      expect(exitCode).toBe(0);
    } finally {
      follower.kill('SIGKILL');
    }
  });

  it('health: answers although the hypervisor hangs, and names what hangs', async () => {
    const { pid } = await host.json<VmView>(['vm', 'show', 'web']);
    sendSignal(pid, 'SIGSTOP');
    const start = Date.now();
    const { exitCode, stdout } = await host.banger(['vm', 'health', 'web', '--json']);
    const seconds = (Date.now() - start) / 1000;
    sendSignal(pid, 'SIGCONT');
    const failed = (JSON.parse(stdout) as VmHealthView).checks.filter(({ status }) => status === 'fail');
    expect({ exitCode, failed: failed.map(({ id }) => id) }).toEqual({
      exitCode: 8,
      failed: ['process', 'control', 'agent', 'ssh'],
    });
    expect(failed[0]?.detail).toContain(`process ${pid} was stopped by a signal`);
    // 5 s, and the start of the CLI on a busy machine
    expect(seconds).toBeLessThan(15);
  });

  it('a VM that does not run: its console is there, its health says so, and what needs it running is refused', async () => {
    expect(await host.banger(['vm', 'stop', 'web'])).toMatchObject({ exitCode: 0 });
    const console = await host.banger(['vm', 'console', 'web']);
    expect(console).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\S/) });
    const health = await host.banger(['vm', 'health', 'web']);
    expect(health).toMatchObject({ exitCode: 8, stdout: expect.stringContaining('banger vm start web') });
    for (const method of ['ping', 'ports'])
      expect(await host.banger(['vm', method, 'web'])).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('banger vm start web'),
      });
    expect(await host.json<VmStatsView>(['vm', 'stats', 'web'])).not.toHaveProperty('cpu');
    const follower = host.spawn(['vm', 'console', 'web', '--follow'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => follower.once('close', resolve));
    // A follower that comes after the deletion finds no VM.
    await new Promise((resolve) => follower.stdout?.once('data', resolve));
    await host.banger(['vm', 'delete', 'web']);
    expect(await ended).toBe(0);
  });
});
