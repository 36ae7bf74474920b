import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImagePrunableView, ImagePruneView } from '../../../src/contract/index.js';
import { BundleCache } from '../../../src/image/catalog/bundle-cache.js';
import { LayerCache } from '../../../src/image/oci/layer-cache.js';
import { ImagePruner } from '../../../src/image/prune/image-pruner.js';
import { PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

const KIB = 1024;
let packages: PackageFixture;
let host: ImageHost;

beforeAll(async () => {
  packages = await PackageFixture.make();
});
afterAll(() => packages.remove());
beforeEach(async () => {
  host = await ImageHost.open({ buildHost: packages });
});
afterEach(() => host.close());

const state = (path: string): string => join(host.config.values.stateDirectory, path);
const pruner = (): ImagePruner => host.app.get(ImagePruner, { strict: false });

/** What the state directory really takes; `bytes` */
function taken(): number {
  return Number(
    execFileSync('du', ['-s', '-B1', host.config.values.stateDirectory]).toString().split('\t')[0],
  );
}

async function put(path: string, kib: number): Promise<void> {
  await mkdir(join(state(path), '..'), { recursive: true });
  await writeFile(state(path), Buffer.alloc(kib * KIB, path));
}

function layer(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

const layerPath = (digest: string): string => `cache/layers/${digest.replace(':', '-')}`;

const kinds = (things: readonly ImagePrunableView[]): string[] =>
  things.map(({ kind, name }) => `${kind} ${name}`);

async function prune(things: readonly ImagePrunableView[]): Promise<ImagePruneView> {
  return pruner().prune(things.map(({ kind, id }) => ({ kind, id })));
}

async function addVm(imageId: string): Promise<void> {
  const facts = { cpus: 1, memoryMib: 256, diskMib: 8192, env: {}, labels: {}, publishedPorts: [] };
  const identity = { mac: '', machineId: '', hostKeyPublic: '', hypervisor: 'qemu' };
  await host.database.client.vm.create({
    data: { id: 'vm_web', name: 'web', state: 'stopped', ephemeral: false, imageId, ...facts, ...identity },
  });
}

describe('what may be pruned', () => {
  it('is what makes later pulls and builds faster, and its size is what the disk gets back', async () => {
    await host.build();
    await put(layerPath(layer('one')), 300);
    await put(`${layerPath(layer('two'))}.part`, 100);
    await put(`cache/bundles/${'a'.repeat(64)}.part`, 200);
    await put('cache/steps/some-step', 52);
    const found = await pruner().list(false);
    expect(new Set(found.map(({ kind }) => kind))).toEqual(
      new Set(['layer', 'download', 'packages', 'step']),
    );
    expect(found.find(({ kind }) => kind === 'layer')?.freesBytes).toBe(300 * KIB);
    const before = taken();
    const { pruned, freedBytes, kept } = await prune(found);
    expect(pruned).toEqual(found);
    expect(kept).toEqual([]);
    expect(before - taken()).toBe(freedBytes);
    expect(freedBytes).toBeGreaterThan(652 * KIB);
    expect(await pruner().list(false)).toEqual([]);
    await host.images.require('debian');
    // and the next build does without
    expect((await host.build({ force: true })).view.state).toBe('succeeded');
  });

  it('is nothing that somebody needs just now', async () => {
    await put(layerPath(layer('one')), 4);
    await put(`cache/bundles/${'a'.repeat(64)}.part`, 4);
    await put('cache/images/kept.tar', 4);
    const found = await pruner().list(false);
    expect(found).toHaveLength(3);
    const hold = host.app.get(LayerCache, { strict: false }).hold([layer('one')]);
    const cache = host.app.get(BundleCache, { strict: false });
    const over = Promise.withResolvers<void>();
    const use = cache.use('a'.repeat(64), new AbortController().signal, () => over.promise);
    const operation = await host.operations.begin({
      kind: 'image.build',
      subject: { type: 'image', id: 'img_x', name: 'x' },
      body: () => over.promise,
    });
    expect(await pruner().list(true)).toEqual([]);
    const asked = prune(found);
    // the download's turn comes when it is over, and then it is gone
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await readdir(state('cache/layers'))).length).toBe(1);
    expect((await readdir(state('cache/images'))).length).toBe(1);
    expect(await readdir(state('cache/bundles'))).toEqual([`${'a'.repeat(64)}.part`]);
    over.resolve();
    expect((await asked).kept.map(({ kind }) => kind).toSorted()).toEqual(['download', 'layer', 'packages']);
    hold.release();
    await use;
    await operation.finished;
    expect(await pruner().list(false)).toHaveLength(3);
  });

  it('is an image only with all, and only when no VM stands on it, it is not the default, nor made of a VM', async () => {
    for (const name of ['debian', 'used', 'free', 'work']) await host.build({ name });
    await addVm((await host.images.get('used')).id);
    const { client } = host.database;
    await client.image.update({ where: { name: 'work' }, data: { source: { kind: 'promote' } } });
    expect(kinds(await pruner().list(false)).filter((text) => text.startsWith('image'))).toEqual([]);
    const found = (await pruner().list(true)).filter(({ kind }) => kind === 'image');
    expect(kinds(found)).toEqual(['image free']);
    // whoever asks for another gets no further
    const ids = await Promise.all(
      ['debian', 'used', 'work'].map(async (name) => (await host.images.get(name)).id),
    );
    const refused = await pruner().prune(ids.map((id) => ({ kind: 'image', id })));
    expect(refused).toMatchObject({ pruned: [], freedBytes: 0, kept: ids.map((id) => ({ id })) });
    await prune(found);
    expect((await host.images.list()).map(({ name }) => name)).toEqual(['debian', 'used', 'work']);
  });

  it('counts a file of several images with the last of them, and not where another keeps it', async () => {
    for (const name of ['debian', 'one', 'two']) await host.build({ name });
    const images = async (): Promise<ImagePrunableView[]> =>
      (await pruner().list(true)).filter(({ kind }) => kind === 'image');
    // all three have the same kernel; the file systems of ext4 are each their own
    const [one, two] = await images();
    const own = (await host.images.get('one')).allocatedBytes - (await host.images.get('one')).sharedBytes;
    expect(Math.abs((one?.freesBytes ?? 0) - own)).toBeLessThan(16 * KIB);
    expect(two?.freesBytes).toBeGreaterThan(0);
    const before = taken();
    const { freedBytes } = await prune(await images());
    expect(Math.abs(before - taken() - freedBytes)).toBeLessThanOrEqual(16 * KIB);

    await rm(state('cache'), { recursive: true });
    await host.build({ name: 'one' });
    await host.images.delete('debian');
    const last = await images();
    expect(last).toHaveLength(1);
    const end = taken();
    const all = await prune(last);
    expect(Math.abs(end - taken() - all.freedBytes)).toBeLessThanOrEqual(16 * KIB);
    expect(await host.images.list()).toEqual([]);
  });

  it('that is gone already is no failure', async () => {
    const gone = await pruner().prune([
      { kind: 'image', id: 'img_none' },
      { kind: 'layer', id: layer('none') },
      { kind: 'download', id: 'b'.repeat(64) },
      { kind: 'kernel', id: 'krn_none' },
      { kind: 'packages', id: '../../banger.db' },
      { kind: 'step', id: '..' },
    ]);
    expect(gone).toEqual({ pruned: [], freedBytes: 0, kept: [] });
    await host.images.list();
  });
});
