import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SavedFiles } from '../../../src/vm/saving/saved-files.adapter.js';
import { SnapshotFiles } from '../../../src/vm/snapshots/snapshot-files.adapter.js';
import type { Snapshot } from '../../../src/vm/snapshots/snapshot.types.js';
import { FakeProcessRunner } from '../../support/fakes/fake-process-runner.js';
import { testConfig } from '../../support/fakes/test-config.js';

describe('the directories of snapshots', () => {
  let parent: string;
  let files: SnapshotFiles;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bgr-snapshots-'));
    const config = await testConfig({ stateDirectory: parent });
    files = new SnapshotFiles(new SavedFiles(config, new FakeProcessRunner()));
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const publish = (id: string, createdAt: string): Promise<void> =>
    files.withDirectory(parent, id, async (directory) => {
      const shape = { imageId: 'img_1', cpus: 1, memoryMib: 256, diskMib: 1024 };
      const snapshot: Snapshot = {
        version: 1,
        id,
        name: id,
        createdAt,
        ...shape,
        diskBackend: 'qcow2',
        disks: [],
      };
      await files.publish(directory, join(parent, id), snapshot);
    });
  const names = async (): Promise<string[]> => (await files.list(parent)).map(({ name }) => name);

  it('are listed in the order in which they were made, within one second too', async () => {
    await publish('snp_c', '2026-01-01T00:00:00.100Z');
    await publish('snp_a', '2026-01-01T00:00:00.900Z');
    await publish('snp_b', '2026-01-01T00:00:00.200Z');
    expect(await names()).toEqual(['snp_c', 'snp_b', 'snp_a']);
  });

  it('are none without a manifest of ours, and before they have their place', async () => {
    await publish('snp_a', '2026-01-01T00:00:00.100Z');
    await publish('snp_when', 'yesterday');
    for (const [name, manifest] of [
      ['snp_empty', ''],
      ['snp_other', '{"version": 2}'],
      ['.snp_b', '{}'],
    ] as const) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'manifest.json'), manifest);
    }
    expect(await names()).toEqual(['snp_a']);
  });

  it('leave nothing when they do not come about', async () => {
    const full = new RangeError('the disk is full');
    await expect(files.withDirectory(parent, 'snp_a', () => Promise.reject(full))).rejects.toBe(full);
    expect(await readdir(parent)).toEqual([]);
  });
});
