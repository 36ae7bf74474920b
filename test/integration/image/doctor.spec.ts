import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readBooks } from '../../../src/core/database/index.js';
import type { BookReader } from '../../../src/core/database/index.js';
import { DiskImageFiles } from '../../../src/image/store/image-files.adapter.js';
import { ImagesCheck } from '../../../src/image/index.js';
import { PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

it('the doctor misses no byte of an image’s files, whichever it is', async () => {
  const packages = await PackageFixture.make();
  onTestFinished(() => packages.remove());
  const host = await ImageHost.open({ buildHost: packages });
  onTestFinished(() => host.close());
  await host.build();
  const books = { read: () => Promise.resolve(readBooks(host.config.databasePath, true)) } as BookReader;
  const check = new ImagesCheck(host.config, books, new DiskImageFiles());
  const reports = async (): Promise<string> => JSON.stringify(await check.run());
  expect(await reports()).toContain('1, each with its files');
  const { id } = await host.images.get('debian');
  const initrd = join(host.config.imagesDirectory, id, 'initrd');
  await truncate(initrd, 100);
  expect(await reports()).toMatch(/its file [^ ]*initrd has 100 bytes instead of \d+/);
});
