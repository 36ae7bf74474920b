import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/core/database/index.js';
import type { Database } from '../../../src/core/database/index.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { anImage, aVm, scratchDirectory } from './support.js';

const isRoot = process.getuid?.() === 0;
const MIB = 1024 * 1024;

/** Skipped without root: a small file system has to be mounted. */
const itAsRoot = it.skipIf(!isRoot);

async function opened(): Promise<{ disk: SmallFilesystem; file: string; database: Database }> {
  const disk = new SmallFilesystem(join(scratchDirectory(), 'state'), 128);
  onTestFinished(() => disk.unmount());
  const file = join(disk.directory, 'banger.db');
  return { disk, file, database: await openDatabase({ file }) };
}

async function names(database: Database): Promise<string[]> {
  return (await database.client.vm.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name);
}

itAsRoot('writes what ends and deletes VMs although not a byte is free, and keeps it', async () => {
  const { disk, file, database } = await opened();
  const { client } = database;
  await client.image.create({ data: anImage('default') });
  for (let index = 0; index < 100; index += 1)
    await client.vm.create({ data: aVm(`web-${index}`, 'img_default') });
  disk.fill();
  expect(disk.freeBytes).toBe(0);
  for (let index = 0; index < 100; index += 1) {
    const where = { id: `vm_web-${index}` };
    await client.vm.update({ where, data: { state: 'deleting' } });
    await client.$transaction(async (tx) => {
      await tx.vm.update({ where, data: { error: { message: 'x'.repeat(2000) } } });
      await tx.vm.delete({ where });
    });
  }
  await client.vm.create({ data: aVm('last', 'img_default') });
  disk.fillUp();
  await database.close();
  disk.relieve();
  const again = await openDatabase({ file });
  onTestFinished(() => again.close());
  expect(await names(again)).toEqual(['last']);
});

itAsRoot('opens on a full disk with the space that was kept for it', async () => {
  const { disk, file, database } = await opened();
  await database.client.image.create({ data: anImage('default') });
  await database.close();
  disk.fill();
  const again = await openDatabase({ file });
  onTestFinished(() => again.close());
  await again.client.vm.create({ data: aVm('web', 'img_default') });
  disk.relieve();
  expect(await names(again)).toEqual(['web']);
});

let rows = 0;

/** Ends and deletes the VM and makes it again, by a daemon of its own, which also leaves rows behind, as operations do. */
async function oneDaemon(disk: SmallFilesystem, file: string): Promise<void> {
  const database = await openDatabase({ file });
  disk.fillUp();
  rows += 1;
  await database.client.image.create({
    data: { ...anImage(`row-${rows}`), distribution: 'x'.repeat(100_000) },
  });
  for (let change = 0; change < 200; change += 1) {
    const where = { id: 'vm_web' };
    await database.client.vm.update({ where, data: { error: { message: 'x'.repeat(2000) } } });
    await database.client.vm.delete({ where });
    await database.client.vm.create({ data: aVm('web', 'img_default') });
  }
  disk.fillUp();
  await database.keepSpace();
  await database.close();
}

itAsRoot(
  'goes on on a disk that stays full from daemon to daemon, and where others take all that becomes free',
  async () => {
    const { disk, file, database } = await opened();
    await database.client.image.create({ data: anImage('default') });
    await database.client.vm.create({ data: aVm('web', 'img_default') });
    disk.fill();
    await database.close();
    disk.fillUp();
    for (let daemon = 0; daemon < 4; daemon += 1) {
      await oneDaemon(disk, file);
      disk.fillUp();
    }
    disk.relieve();
    disk.fill(1 * MIB);
    disk.fillUp();
    await oneDaemon(disk, file);
    const again = await openDatabase({ file });
    onTestFinished(() => again.close());
    expect(await names(again)).toEqual(['web']);
  },
);

itAsRoot('says that the disk is full when nothing was kept for it', async () => {
  const { disk, file, database } = await opened();
  await database.client.image.create({ data: anImage('default') });
  await database.close();
  rmSync(`${file}.space`);
  disk.fill();
  await expect(openDatabase({ file })).rejects.toMatchObject({ kind: 'DISK_FULL', details: { path: file } });
  disk.relieve();
  await (await openDatabase({ file })).close();
});

itAsRoot(
  'refuses what does not fit any more by DISK_FULL, loses nothing, and works again with room',
  async () => {
    const { disk, file, database } = await opened();
    const { client } = database;
    await client.image.create({ data: anImage('default') });
    await client.vm.create({ data: aVm('before', 'img_default') });
    disk.fill();
    const huge = { ...anImage('huge'), distribution: 'x'.repeat(32 * MIB) };
    await expect(client.image.create({ data: huge })).rejects.toMatchObject({
      kind: 'DISK_FULL',
      details: { path: file },
      fix: expect.stringContaining('free some space') as string,
    });
    await expect(
      client.$transaction(async (tx) => {
        await tx.vm.create({ data: aVm('half', 'img_default') });
        await tx.image.create({ data: huge });
      }),
    ).rejects.toMatchObject({ kind: 'DISK_FULL' });
    await client.vm.create({ data: aVm('small', 'img_default') });
    disk.relieve();
    await client.vm.create({ data: aVm('with-room', 'img_default') });
    await database.close();
    const again = await openDatabase({ file });
    onTestFinished(() => again.close());
    expect(await names(again)).toEqual(['before', 'small', 'with-room']);
  },
);

itAsRoot(
  'says so when the file system is mounted read-only, and goes on when it is writable again',
  async () => {
    const { disk, file, database } = await opened();
    await database.client.image.create({ data: anImage('default') });
    await database.close();
    disk.readOnly(true);
    await expect(openDatabase({ file })).rejects.toMatchObject({
      kind: 'STATE_DIR_UNUSABLE',
      fix: expect.stringMatching(/writ/) as string,
    });
    disk.readOnly(false);
    const again = await openDatabase({ file });
    onTestFinished(() => again.close());
    await again.client.vm.create({ data: aVm('web', 'img_default') });
    expect(await names(again)).toEqual(['web']);
  },
);
