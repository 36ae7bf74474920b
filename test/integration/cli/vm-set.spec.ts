import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli } from './cli-process.js';
import { startFakeDaemon, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

describe('vm set', () => {
  let daemon: FakeDaemon;
  const run = (...args: string[]) => cli(['--socket', daemon.socketPath, ...args]);

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    daemon.script.on('vm.set', ({ vm }) => vmView(vm));
  });
  afterEach(() => daemon.stop());

  it('hands its options over as the contract wants them, and nothing that was not given', async () => {
    const given = [
      ...['vm', 'set', 'web', '--name', 'shop', '--cpus', '3', '--memory', '1.5g', '--disk', '20g'],
      ...['--work-disk', '10g', '--label', 'a=1', '--label', 'b=', '--unlabel', 'c', '--unlabel', 'd'],
      ...['--ttl', '1h30m', '--idle-stop', '0', '--restart', 'always', '--unpublish', '53/udp'],
      ...['-p', '8080:80', '--no-publish', '--publish', '0.0.0.0:5353:53/udp', '--unpublish', '81'],
    ];
    expect(await run(...given)).toMatchObject({ code: 0, stdout: 'web\n' });
    await run('vm', 'set', 'web', '--ttl', '0');
    const local = { hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' };
    expect(daemon.script.callsOf('vm.set')).toEqual([
      {
        ...{ vm: 'web', name: 'shop', cpus: 3, memoryMib: 1536, diskMib: 20_480, workDiskMib: 10_240 },
        ...{ labels: { a: '1', b: '' }, removeLabels: ['c', 'd'] },
        ...{ ttlSeconds: 5400, idleStopSeconds: 0, restartPolicy: 'always' },
        publishedPorts: [
          local,
          { ...local, hostAddress: '0.0.0.0', hostPort: 5353, guestPort: 53, protocol: 'udp' },
        ],
        removePorts: [
          { hostPort: 53, protocol: 'udp' },
          { hostPort: 81, protocol: 'tcp' },
        ],
        removeAllPorts: true,
      },
      { vm: 'web', ttlSeconds: 0 },
    ]);
  });

  it('tells of each VM what waits for its next start, and shows it', async () => {
    const pending = { cpus: { now: 1, next: 2 }, memoryMib: { now: 512, next: 1024 } };
    daemon.script
      .on('vm.set', ({ vm }) => vmView(vm, vm === 'db' ? {} : { pending }))
      .on('vm.get', () => vmView('web', { pending }));
    const { code, stdout, stderr } = await run('vm', 'set', 'web', 'db', '--cpus', '2');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'web\ndb\n' });
    const told = 'CPUs: 2 from the next start, 1 until then';
    expect(stderr).toBe(`web: ${told}; memory 1G from the next start, 512M until then\n`);
    expect((await run('vm', 'show', 'web')).stdout).toMatch(
      new RegExp(`waiting: +${told}\nwaiting: +memory 1G`),
    );
    expect(JSON.parse((await run('vm', 'set', 'web', '--cpus', '2', '--json')).stdout)).toEqual(
      vmView('web', { pending }),
    );
  });

  it.each([
    [[], 'there is nothing to set'],
    [['--name', 'x', 'db'], '--name is for one VM'],
    [['--name', 'X'], 'is no name for a VM'],
    [['--ttl', '90'], 'has no unit'],
    [['--label', 'x'], 'is not a label'],
    [['--unlabel', 'x=y'], 'names no label'],
    [['--unpublish', '8080:80'], 'names no published port'],
    [['--restart', 'allways'], 'did you mean always?'],
  ])('refuses %j', async (args, problem) => {
    const { code, stderr } = await run('vm', 'set', 'web', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(problem);
    expect(daemon.script.calls).toEqual([]);
  });
});
