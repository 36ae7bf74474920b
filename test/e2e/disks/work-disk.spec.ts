import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { makeForeignRepository } from '../../support/foreign-repository.js';
import { TestHost } from '../../support/test-host.js';
import { checkDisk, diskPath } from '../../support/vm-disks.js';

const MIB = 1024 * 1024;

/** The first run reads a copy of the head, which says that the journal is to be replayed, and wants another run after it. */
const REPAIR =
  'for i in 1 2 3; do e2fsck -fy /dev/vdc > /tmp/log 2>&1 && exit; done; cat /tmp/log >&2; exit 1';

describe('a work disk', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(async () => {
    for (const { name } of await host.json<VmView[]>(['vm', 'list']))
      await host.banger(['vm', 'delete', '--force', name]);
    await host.assertClean();
  });
  afterAll(() => host.close());

  async function inside(script: string): Promise<string> {
    const result = await host.banger(['vm', 'exec', '--cwd', '/', 'web', '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }

  it('is /root: the repository is on it, it outlives a restart, is clean after a stop, and told when damaged', async () => {
    const repository = makeForeignRepository(join(host.directory, 'library'));
    await host
      .json(['vm', 'run', '--name', 'web', '--work-disk', '2g', repository, '--', 'git', 'status'])
      .catch(() => undefined);
    const vm = await host.json<VmView>(['vm', 'show', 'web']);
    expect(vm).toMatchObject({ state: 'running', workDiskMib: 2048 });
    const facts = 'stat -f -c %S:%b /root; stat -c %a /root; stat -c %d / /root | uniq | wc -l; ls /root';
    const [size = '', mode, devices, ...entries] = (await inside(facts)).split('\n');
    const [blockBytes = 0, blocks = 0] = size.split(':').map(Number);
    expect(blockBytes * blocks, 'as large as asked for').toBeGreaterThan(1900 * MIB);
    expect([mode, devices, entries]).toEqual(['700', '2', expect.arrayContaining(['library'])]);
    await inside(
      'git -C /root/library status --short | head -3; echo kept > /root/file; echo kept > /opt/file',
    );

    expect(await host.json<VmView>(['vm', 'set', 'web', '--work-disk', '3g'])).toMatchObject({
      workDiskMib: 3072,
    });
    const grown = Number(await inside('stat -f -c %b /root')) * blockBytes;
    expect(grown, 'grown while it is used').toBeGreaterThan(2900 * MIB);

    await host.json(['vm', 'restart', 'web']);
    expect(
      await inside('cat /root/file; ls /root/library/package.json; stat -c %d / /root | uniq | wc -l'),
    ).toBe('kept\n/root/library/package.json\n2');
    const [restarted] = await host.json<OperationView[]>(['operation', 'list']);
    expect(restarted).toMatchObject({ kind: 'vm.restart', warnings: [] });

    await host.json(['vm', 'stop', 'web']);
    for (const name of ['root', 'work']) {
      const checked = await checkDisk(host, vm, name);
      expect(checked).not.toMatch(/status|recover/i);
      expect(checked).toMatch(/[0-9]+\/[0-9]+ files/);
    }

    damage(diskPath(host, vm, 'work'));
    const started = await host.banger(['vm', 'start', 'web']);
    expect(started, started.stderr).toMatchObject({ exitCode: 0 });
    expect(started.stderr).toMatch(/work disk[\s\S]*damaged[\s\S]*e2fsck/);
    expect(await inside('cat /opt/file; stat -c %d / /root | uniq | wc -l')).toBe('kept\n1');
    await inside(REPAIR);
    await host.json(['vm', 'restart', 'web']);
    expect(await inside('cat /root/file')).toBe('kept');
  });
});

/** What a guest's own mistake would do: the first blocks of the file system are overwritten, the copies of its head are left. */
function damage(path: string): void {
  const zeroes = ['-c', `write -P 0 0 ${MIB / 64}`];
  if (path.endsWith('.qcow2')) {
    execFileSync('qemu-io', ['-f', 'qcow2', ...zeroes, path], { stdio: 'pipe' });
    return;
  }
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(MIB / 64), 0, MIB / 64, 0);
  closeSync(file);
}
