import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskRestoration } from '../../../src/vm/snapshots/disk-restoration.adapter.js';
import { SavedFiles } from '../../../src/vm/saving/saved-files.adapter.js';
import { VmPathFinder } from '../../../src/vm/vm-paths.js';
import { FakeProcessRunner } from '../../support/fakes/fake-process-runner.js';
import { testConfig } from '../../support/fakes/test-config.js';

const VM = { id: 'vm_1' };

describe('putting disks back', () => {
  let directory: string;
  let place: string;
  let restoration: DiskRestoration;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bgr-restore-'));
    const config = await testConfig({ stateDirectory: directory });
    place = config.vmDirectory(VM.id);
    await mkdir(place, { recursive: true });
    for (const name of ['root.qcow2', 'root.1.qcow2', 'root.2.qcow2', 'root.live-ab.qcow2', 'work.qcow2'])
      await writeFile(join(place, name), `old ${name}`);
    await writeFile(join(place, 'vm.json'), 'kept');
    restoration = new DiskRestoration(
      new SavedFiles(config, new FakeProcessRunner()),
      new VmPathFinder(config),
    );
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const NEW = ['root.1.qcow2', 'root.qcow2', 'work.qcow2'];
  const make = async (stage: string): Promise<void> => {
    for (const name of NEW) await writeFile(join(stage, name), `new ${name}`);
  };
  const contents = async (): Promise<Record<string, string>> => {
    const names = (await readdir(place)).toSorted();
    const texts = await Promise.all(
      names.map((name) => readFile(join(place, name), 'utf8').catch(() => 'a directory')),
    );
    return Object.fromEntries(names.map((name, at) => [name, texts[at] ?? '']));
  };
  const RESTORED = { ...Object.fromEntries(NEW.map((name) => [name, `new ${name}`])), 'vm.json': 'kept' };

  it('puts all of them in the place of all that there were, and leaves the rest', async () => {
    await restoration.run(VM, make);
    expect(await contents()).toEqual(RESTORED);
    await restoration.settle(VM);
    expect(await contents()).toEqual(RESTORED);
  });

  it('leaves them as they were when the new ones cannot be made', async () => {
    const before = await contents();
    const full = new RangeError('the disk is full');
    await expect(
      restoration.run(VM, async (stage) => {
        await make(stage);
        throw full;
      }),
    ).rejects.toBe(full);
    expect(await contents()).toEqual(before);
  });

  it('is finished, or taken back, when a daemon has died in it', async () => {
    const before = await contents();
    const stage = join(place, 'restoring');
    await mkdir(stage);
    await make(stage);
    await restoration.settle(VM);
    expect(await contents(), 'it had not been decided').toEqual(before);
    await mkdir(stage);
    await make(stage);
    await writeFile(join(stage, 'commit.json'), JSON.stringify(NEW));
    // one had been moved already
    await writeFile(join(place, 'root.1.qcow2'), 'new root.1.qcow2');
    await rm(join(stage, 'root.1.qcow2'));
    await restoration.settle(VM);
    expect(await contents()).toEqual(RESTORED);
  });
});
