import { randomBytes } from 'node:crypto';
import { appendFile, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NodeProcessRunner } from '../../../../src/core/process/index.js';
import { sparseDigest } from '../../../../src/host/index.js';
import { ImageLocks } from '../../../../src/image/store/image-locks.js';
import { PackageFixture } from '../fixture.js';
import { ImageHost } from '../support.js';
import { ChannelHost, operationOf } from './channel-host.js';

const NOTHING = { directories: [], blobs: [], ledger: [] };
const METADATA = {
  env: { LANG: 'C.UTF-8' },
  user: 'app',
  workdir: '/srv',
  entrypoint: ['/entry'],
  cmd: ['serve', ''],
  labels: { 'org.example.team': 'web' },
};

let packages: PackageFixture;
let one: ChannelHost;
let bundle: Buffer;
let other: ChannelHost;

beforeAll(async () => {
  packages = await PackageFixture.make();
  one = await ChannelHost.open(await ImageHost.open({ buildHost: packages }));
  await one.host.build({ name: 'web:1' });
  await one.host.database.client.image.updateMany({ data: { metadata: METADATA } });
  bundle = await one.export('web:1');
});
afterAll(async () => {
  await one.close();
  await packages.remove();
});
beforeEach(async () => {
  other = await ChannelHost.open(await ImageHost.open());
});
afterEach(async () => {
  const left = await other.leftovers();
  const held = other.host.app.get(ImageLocks, { strict: false }).holder('web:1');
  await other.close();
  expect({ ...left, held }).toEqual({ ...NOTHING, held: undefined });
});

const files = async ({ host }: ChannelHost, name: string): Promise<string> => {
  const { id } = await host.images.get(name);
  return join(host.config.imagesDirectory, id);
};

describe('an image that another banger exports', () => {
  it('is here what it was there: files, words on itself; and can be booted', async () => {
    const there = await one.host.images.get('web:1');
    expect(await other.import(bundle)).toMatchObject({ kind: 'image.import', state: 'succeeded' });
    const here = await other.host.images.get('web:1');
    expect(here).toMatchObject({
      name: 'web:1',
      metadata: METADATA,
      source: { kind: 'import', reference: 'web.banger.tar.zst', digest: there.digest },
      distribution: there.distribution,
      kernelVersion: there.kernelVersion,
      diskBytes: there.diskBytes,
    });
    expect(here.kernel).toBeUndefined();
    const runner = new NodeProcessRunner();
    // not what work disks begin as: that lets in this daemon's key
    for (const name of ['vmlinux', 'initrd', 'root.ext4']) {
      const [left, right] = [await files(one, 'web:1'), await files(other, 'web:1')];
      const digests = [left, right].map((directory) => sparseDigest(join(directory, name), runner));
      expect(new Set(await Promise.all(digests)).size, name).toBe(1);
    }
    expect((await other.host.images.require('web:1')).bootArguments).toEqual(
      (await one.host.images.require('web:1')).bootArguments,
    );
    const manifest = JSON.parse(
      await readFile(join(await files(other, 'web:1'), 'manifest.json'), 'utf8'),
    ) as object;
    expect(manifest).toMatchObject({ provenance: { source: { kind: 'build' } } });
    // and on from here
    expect((await other.export('web:1')).length).toBeGreaterThan(bundle.length / 2);
  });

  it('is not taken for one that was built here', async () => {
    await other.import(bundle);
    const there = await one.host.images.get('web:1');
    expect((await other.host.images.get('web:1')).recipeDigest).not.toBe(there.recipeDigest);
  });

  it('that is here already is not made again, unless it is damaged, or by force', async () => {
    await other.import(bundle);
    const { id } = await other.host.images.get('web:1');
    const again = await other.import(bundle);
    expect(again).toMatchObject({ state: 'succeeded', steps: [{ detail: 'it is here already' }] });
    expect((await other.host.images.get('web:1')).id).toBe(id);
    await truncate(join(await files(other, 'web:1'), 'root.ext4'), 4096);
    // with its other name among the blobs
    expect(await other.import(bundle)).toMatchObject({ state: 'succeeded' });
    const repaired = await other.host.images.get('web:1');
    expect(repaired.id).not.toBe(id);
    await other.host.images.require('web:1');
    await other.import(bundle, { force: true });
    expect((await other.host.images.get('web:1')).id).not.toBe(repaired.id);
  });

  it('gets another name when it is to, and shares its files with the first', async () => {
    await other.import(bundle);
    await other.import(bundle, { name: 'mine' });
    const [mine, web] = await other.host.images.list();
    expect([mine?.name, web?.name]).toEqual(['mine', 'web:1']);
    expect(mine?.sharedBytes).toBeGreaterThan(0.9 * (mine?.allocatedBytes ?? Infinity));
  });

  it('takes the name of no other image, unless by force', async () => {
    await other.import(bundle);
    await other.host.database.client.image.updateMany({
      data: { digest: 'sha256:another', source: { kind: 'build' } },
    });
    await expect(other.import(bundle)).rejects.toMatchObject({ kind: 'IMAGE_EXISTS' });
    expect(await other.import(bundle, { force: true })).toMatchObject({ state: 'succeeded' });
    expect(await other.host.images.list()).toHaveLength(1);
  });

  it('is refused while somebody works on an image of its name', async () => {
    const letGo = other.host.app.get(ImageLocks, { strict: false }).hold('web:1', 'a test');
    await expect(other.import(bundle)).rejects.toMatchObject({ kind: 'IMAGE_BUSY' });
    letGo();
  });

  it.each([
    ['nothing', 0],
    ['a few bytes', 30],
    ['the manifest and no more', 2000],
    ['half of it', 0.5],
    ['all but the last byte', -1],
  ])('leaves nothing when what comes is %s', async (_, part) => {
    const end = part < 0 ? bundle.length + part : part < 1 ? Math.floor(bundle.length * part) : part;
    const ended = await other.import(bundle.subarray(0, end)).catch((error: unknown) => error);
    const failure = { kind: 'IMAGE_BUNDLE_INVALID' };
    if (ended instanceof Error) expect(ended).toMatchObject(failure);
    else expect(ended).toMatchObject({ state: 'failed', error: { data: failure } });
    expect(await other.leftovers()).toEqual(NOTHING);
  });

  it('is refused when one of its bytes is another, wherever', async () => {
    for (const at of [100, bundle.length >> 1, bundle.length - 6]) {
      const damaged = Buffer.from(bundle);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const ended = await other.import(damaged).catch((error: unknown) => error);
      if (!(ended instanceof Error)) expect(ended).toMatchObject({ state: 'failed' });
      expect(await other.leftovers()).toEqual(NOTHING);
    }
    expect(await other.host.images.list()).toEqual([]);
  });

  it('is refused when it goes on after its end', async () => {
    const longer = Buffer.concat([bundle, randomBytes(100)]);
    const ended = await other.import(longer).catch((error: unknown) => error);
    if (!(ended instanceof Error))
      expect(ended).toMatchObject({ state: 'failed', error: { data: { kind: 'IMAGE_BUNDLE_INVALID' } } });
    expect(await other.host.images.list()).toEqual([]);
  });

  it('leaves nothing when whoever sends it goes, or cancels, in the middle', async () => {
    for (const how of ['goes', 'cancels']) {
      const channel = await other.begin();
      channel.stdin.write(bundle.subarray(0, bundle.length >> 1));
      const id = await operationOf(channel);
      await expect
        .poll(async () => (await other.host.operations.get(id)).steps.at(-1)?.name)
        .toBe('image.unpack');
      if (how === 'goes') await channel.close();
      else await other.host.operations.cancel(id);
      const { view } = await other.host.follow(id);
      expect(view, how).toMatchObject({
        state: how === 'goes' ? 'failed' : 'cancelled',
        error: { data: { kind: 'CANCELLED' } },
      });
      expect(await other.leftovers()).toEqual(NOTHING);
      await channel.close();
    }
    expect(await other.import(bundle)).toMatchObject({ state: 'succeeded' });
  });
});

describe('exporting an image', () => {
  it('makes the same bytes each time', async () => {
    expect((await one.export('web:1')).equals(bundle)).toBe(true);
  });

  it('is refused, before a byte has gone out, when its files are no longer what they were', async () => {
    await other.import(bundle);
    const root = join(await files(other, 'web:1'), 'root.ext4');
    const file = await open(root, 'r+');
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 4096);
    await file.close();
    await expect(other.export('web:1')).rejects.toMatchObject({
      kind: 'IMAGE_DAMAGED',
      why: expect.stringContaining('root.ext4'),
    });
    await appendFile(root, 'x');
    await expect(other.export('web:1')).rejects.toMatchObject({ kind: 'IMAGE_DAMAGED' });
    await expect(other.export('nowhere')).rejects.toMatchObject({ kind: 'IMAGE_NOT_FOUND' });
  });

  it('ends when whoever wants it goes', async () => {
    const { ImageExporter } = await import('../../../../src/image/transfer/image-exporter.js');
    const channel = await one.open(await one.host.app.get(ImageExporter, { strict: false }).grant('web:1'));
    await channel.close();
    await one.host.images.get('web:1');
    expect((await one.export('web:1')).length).toBe(bundle.length);
  });
});
