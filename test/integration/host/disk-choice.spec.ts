import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigValues } from '../../../src/core/config/index.js';
import { ProcessRunner } from '../../../src/core/process/index.js';
import { DiskBackends, HostDirectories } from '../../../src/host/index.js';
import { FakeProcessRunner } from '../../support/fakes/fake-process-runner.js';
import { LoopFileSystem } from '../../support/loop-file-system.js';
import { openDisks } from './support/disks.js';
import { configIn } from './support/host-fixture.js';

const isRoot = process.getuid?.() === 0;

/** Skipped without root: file systems have to be mounted. */
describe.skipIf(!isRoot)('the backend of new disks', () => {
  const fileSystems: Record<string, LoopFileSystem> = {};
  beforeAll(() => {
    fileSystems['ext4'] = new LoopFileSystem('ext4', 16);
    fileSystems['btrfs'] = new LoopFileSystem('btrfs', 128);
  });
  afterAll(() => {
    for (const fileSystem of Object.values(fileSystems)) fileSystem.close();
  });

  async function choice(on: 'ext4' | 'btrfs', overrides: Partial<ConfigValues> = {}): Promise<string> {
    const module = await openDisks(await configIn(fileSystems[on]?.directory ?? '', overrides));
    await module.get(HostDirectories).prepareRoots();
    return (await module.get(DiskBackends).choose()).kind;
  }

  it('is the one that shares blocks where the file system can, and the one of QEMU elsewhere', async () => {
    expect([await choice('btrfs'), await choice('ext4')]).toEqual(['reflink', 'qcow2']);
  });

  it('is the configured one', async () => {
    expect(await choice('btrfs', { diskBackend: 'qcow2' })).toBe('qcow2');
    expect(await choice('ext4', { diskBackend: 'sparse-copy' })).toBe('sparse-copy');
  });

  it('is not another one when the configured one does not work here', async () => {
    await expect(choice('ext4', { diskBackend: 'reflink' })).rejects.toMatchObject({
      kind: 'DISK_BACKEND_UNAVAILABLE',
      details: { backend: 'reflink', reasons: [expect.stringMatching(/cannot share their blocks/)] },
      fix: expect.stringContaining('disk.backend'),
    });
  });

  it('is a plain copy where nothing else works', async () => {
    const config = await configIn(fileSystems['ext4']?.directory ?? '');
    const module = await openDisks(config, (builder) =>
      builder.overrideProvider(ProcessRunner).useValue(new FakeProcessRunner()),
    );
    expect((await module.get(DiskBackends).choose()).kind).toBe('sparse-copy');
  });

  it('that made a VM is known by its name, or it is said that it is not', async () => {
    const backends = (await openDisks(await configIn('/nowhere'))).get(DiskBackends);
    expect(backends.of('sparse-copy').locate('/vms/vm_1', 'root')).toEqual({
      path: '/vms/vm_1/root.raw',
      format: 'raw',
    });
    expect(() => backends.of('dm-snapshot')).toThrow(/"dm-snapshot" cannot be used/);
  });
});
