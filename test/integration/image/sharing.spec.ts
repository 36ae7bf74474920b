import { readFile, stat, truncate } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { FIXTURE, PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

it('images share their files, but none that has come to harm', async () => {
  const packages = await PackageFixture.make();
  onTestFinished(() => packages.remove());
  const host = await ImageHost.open({ buildHost: packages });
  onTestFinished(() => host.close());
  await host.build();
  await host.build({ name: 'second' });
  const kernel = async (name: string): Promise<string> => (await host.images.require(name)).kernelPath;
  const [first, second] = [await kernel('debian'), await kernel('second')];
  expect((await stat(first)).ino).toBe((await stat(second)).ino);
  expect((await host.images.get('second')).sharedBytes).toBeGreaterThanOrEqual((await stat(first)).size);
  await truncate(first, 100);
  await host.build({ force: true });
  expect(await readFile(await kernel('debian'))).toEqual(FIXTURE.vmlinux);
  await host.build({ name: 'third' });
  expect(await readFile(await kernel('third'))).toEqual(FIXTURE.vmlinux);
});
