import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';
import { expectNoDeviation, rounds, succeed, vmOf } from './support.js';

const isRoot = process.getuid?.() === 0;
const MIB = 1024 * 1024;

/** What banger did not make: what fills the state directory, and the file system that it is. */
const OWN = /ballast|still mounted: .*\/state /;

/** Skipped without root: the state directory is a small file system. */
describe.skipIf(!isRoot)('a state directory without a free byte', () => {
  let host: TestHost;
  let disk: SmallFilesystem;
  beforeAll(async () => {
    host = await TestHost.create(undefined, (directory) => {
      disk = new SmallFilesystem(directory, 2048);
    });
  });
  afterEach(() => expectNoDeviation(host, OWN));
  afterAll(async () => {
    disk.relieve();
    await host.banger(['vm', 'delete', '--force', 'up', 'down', 'new']);
    await host.assertClean();
    await host.banger(['daemon', 'stop']);
    disk.unmount();
    await host.close();
  });

  /** A VM that runs and one that does not, and then no room any more. */
  async function fullWithTwo(): Promise<void> {
    disk.relieve();
    for (const name of ['up', 'down']) {
      const known = (await host.json<VmView[]>(['vm', 'list'])).some((vm) => vm.name === name);
      if (known) await succeed(host, 'vm', 'start', name);
      else await succeed(host, 'vm', 'create', '--name', name, '--memory', '256m');
    }
    await succeed(host, 'vm', 'kill', 'down');
    disk.fill();
    disk.fillUp();
  }

  /** Done, or refused for want of room with what to do. Nothing else. */
  function expectDoneOrFull(result: CommandResult, what: string): void {
    if (result.exitCode === 0) return;
    expect(result, what).toMatchObject({ exitCode: 9 });
    expect(result.stderr, what).toMatch(/no space is left[\s\S]*fix: free some space/);
  }

  it('refuses what needs room and says so, and leaves nothing half-way', async () => {
    await fullWithTwo();
    for (const [exitCode, ...args] of [
      [9, 'vm', 'create', '--name', 'new'],
      // banger's own failure, whatever the command in the guest ends with
      [125, 'vm', 'run', '--rm', '--', 'true'],
      [9, 'image', 'build', '--force'],
    ] as [number, ...string[]][]) {
      const result = await host.banger(args);
      expect(result, args.join(' ')).toMatchObject({ exitCode });
      expect(result.stderr, args.join(' ')).toMatch(/no space is left[\s\S]*fix: free some space/);
      await expectNoDeviation(host, OWN);
      disk.fillUp();
    }
    expectDoneOrFull(await host.banger(['vm', 'set', 'up', '--label', 'a=b', '--ttl', '1h']), 'set');
    expectDoneOrFull(await host.banger(['vm', 'start', 'down']), 'start');
    await succeed(host, 'vm', 'list');
    await succeed(host, 'vm', 'show', 'up');
    disk.relieve();
    await succeed(host, 'vm', 'start', 'down');
    await succeed(host, 'vm', 'exec', 'up', '--', 'true');
  });

  it.each(Array.from({ length: rounds(1, 4) }, (_, round) => round))(
    'lets VMs be stopped, killed and deleted, also by the next daemon and where what becomes free is taken again (%i)',
    async () => {
      await fullWithTwo();
      await succeed(host, 'daemon', 'stop');
      disk.fillUp();
      await succeed(host, 'daemon', 'start');
      disk.fillUp();
      // Freed and taken again: less than is kept for this day.
      disk.relieve();
      disk.fill(6 * MIB);
      disk.fillUp();
      await succeed(host, 'vm', 'stop', 'up', '--timeout', '5');
      expect(await vmOf(host, 'up')).toMatchObject({ state: 'stopped' });
      disk.fillUp();
      process.kill(await host.daemonPid(), 'SIGKILL');
      expect(await vmOf(host, 'up')).toMatchObject({ state: 'stopped' });
      disk.fillUp();
      await succeed(host, 'daemon', 'stop');
      disk.fillUp();
      await succeed(host, 'daemon', 'start');
      disk.fillUp();
      await succeed(host, 'vm', 'delete', 'up');
      disk.fillUp();
      await succeed(host, 'vm', 'delete', 'down');
      expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
    },
  );

  it('lets a VM that runs be killed and deleted by force', async () => {
    await fullWithTwo();
    await succeed(host, 'vm', 'kill', 'up');
    disk.fillUp();
    await succeed(host, 'vm', 'delete', 'up', 'down');
    await fullWithTwo();
    await succeed(host, 'vm', 'delete', '--force', 'up', 'down');
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
  });
});
