import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SmallFilesystem } from '../../../support/small-filesystem.js';
import { FakeRegistry } from './support/fake-registry.js';
import { sha256 } from './support/image-layout.js';
import { PullBench, scratch } from './support/pull-bench.js';

const isRoot = process.getuid?.() === 0;

interface Bench {
  readonly registry: FakeRegistry;
  readonly bench: PullBench;
  readonly large: string;
  readonly path: string;
}

async function open(): Promise<Bench> {
  const directory = await scratch();
  const registry = await FakeRegistry.start();
  const large = sha256(registry.layers[0]);
  const path = join(directory, 'state/cache/layers', large.replace(':', '-'));
  return { registry, bench: await PullBench.open(directory), large, path };
}

/** Sends half of the large layer to the first who asks, then nothing more. */
function sendHalf({ registry, large }: Bench): void {
  let first = true;
  registry.hook = ({ path }, response) => {
    if (!first || !path.endsWith(large)) return false;
    first = false;
    response.writeHead(200, { 'content-length': registry.layers[0].length });
    response.write(registry.layers[0].subarray(0, registry.layers[0].length / 2));
    return true;
  };
}

describe('pulls', () => {
  it('of two who want the same at once make one download of each layer, and both hear of it', async () => {
    const opened = await open();
    const heard: number[][] = [[], []];
    const images = await Promise.all(
      [0, 1].map((index) =>
        opened.bench.pull(opened.registry.image, {
          onProgress: ({ doneBytes }) => heard[index]?.push(doneBytes),
        }),
      ),
    );
    expect(opened.registry.layers.map((content) => opened.registry.asked(sha256(content)))).toEqual([1, 1]);
    const total = opened.registry.layers[0].length + opened.registry.layers[1].length;
    expect(heard.map((progress) => progress.at(-1))).toEqual([total, total]);
    expect(heard.map((progress) => progress.length > 2)).toEqual([true, true]);
    expect(images[0]?.layers).toEqual(images[1]?.layers);
  });

  it('of which the one that downloads is cancelled half-way: the other goes on from there', async () => {
    const opened = await open();
    sendHalf(opened);
    const stop = new AbortController();
    const cancelled = opened.bench.pull(opened.registry.image, { signal: stop.signal });
    const half = opened.registry.layers[0].length / 2;
    await vi.waitFor(async () => expect((await stat(`${opened.path}.part`)).size).toBe(half));
    const other = opened.bench.pull(opened.registry.image);
    await vi.waitFor(() => expect(opened.registry.asked('manifests/1')).toBe(2));
    stop.abort();
    await expect(cancelled).rejects.toMatchObject({ kind: 'CANCELLED' });
    const image = await other;
    expect(sha256(await readFile(image.layers[0]?.path ?? ''))).toBe(opened.large);
    const asked = opened.registry.server.seen.filter(({ path }) => path.endsWith(opened.large));
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${half}-`]);
  });

  it('of which the one that waits is cancelled: it waits no longer, and the other is not disturbed', async () => {
    const opened = await open();
    let go = (): void => undefined;
    opened.registry.hook = ({ path }, response) => {
      if (!path.endsWith(opened.large)) return false;
      go = () => void response.end(opened.registry.layers[0]);
      return true;
    };
    const first = opened.bench.pull(opened.registry.image);
    await vi.waitFor(() => expect(opened.registry.asked(opened.large)).toBe(1));
    const stop = new AbortController();
    const waiting = opened.bench.pull(opened.registry.image, { signal: stop.signal });
    await vi.waitFor(() => expect(opened.registry.asked('manifests/1')).toBe(2));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'CANCELLED' });
    go();
    expect((await first).layers).toHaveLength(2);
    expect(opened.registry.asked(opened.large)).toBe(1);
  });

  it('have no more than four downloads at once, and leave none behind when one fails', async () => {
    const opened = await open();
    const { registry } = opened;
    const contents = Array.from({ length: 9 }, (_, index) => Buffer.from(`layer ${index}`));
    const layers = contents.map((content) => registry.put('application/vnd.oci.image.layer.v1.tar', content));
    const diffIds = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
    registry.tag('1', registry.manifest({ config: registry.config({ rootfs: diffIds }), layers }));
    const open4: (() => void)[] = [];
    registry.hook = ({ path }, response) => {
      if (!layers.some(({ digest }) => path.endsWith(digest))) return false;
      open4.push(() => void response.writeHead(404).end());
      return true;
    };
    const pull = opened.bench.pull(registry.image);
    pull.catch(() => undefined);
    await vi.waitFor(() => expect(open4).toHaveLength(4));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(open4).toHaveLength(4);
    open4[0]?.();
    await expect(pull).rejects.toMatchObject({ kind: 'IMAGE_NOT_IN_REGISTRY' });
    expect(open4).toHaveLength(4);
    await vi.waitFor(() => expect(registry.server.openConnections).toBeLessThanOrEqual(2));
    expect((await opened.bench.cache.list()).filter(({ held }) => held)).toEqual([]);
  });

  it.skipIf(!isRoot)('end with a full disk, which the cache gives its room back', async () => {
    const directory = await scratch();
    const disk = new SmallFilesystem(join(directory, 'state'), 4);
    onTestFinished(() => disk.unmount());
    disk.fill(200_000);
    const registry = await FakeRegistry.start();
    const bench = await PullBench.open(directory);
    await expect(bench.pull(registry.image)).rejects.toMatchObject({ kind: 'DISK_FULL' });
    expect((await bench.cache.list()).filter(({ digest }) => digest === sha256(registry.layers[0]))).toEqual(
      [],
    );
    disk.relieve();
    expect((await bench.pull(registry.image)).layers).toHaveLength(2);
  });
});

describe('the cache', () => {
  it('keeps what is held, and deletes the rest', async () => {
    const opened = await open();
    const [one, two] = [
      await opened.bench.pull(opened.registry.image),
      await opened.bench.pull(opened.registry.image),
    ];
    one.release();
    one.release();
    expect(await opened.bench.cache.delete(opened.large)).toBe(false);
    expect((await opened.bench.cache.list()).map(({ held }) => held)).toEqual([true, true]);
    two.release();
    expect(await opened.bench.cache.delete(opened.large)).toBe(true);
    expect((await opened.bench.cache.list()).map(({ digest }) => digest)).toEqual([
      sha256(opened.registry.layers[1]),
    ]);
    expect(await opened.bench.cache.delete(opened.large)).toBe(true);
  });

  it('deletes nothing that a pull is just fetching', async () => {
    const opened = await open();
    let go = (): void => undefined;
    opened.registry.hook = ({ path }, response) => {
      if (!path.endsWith(opened.large)) return false;
      go = () => void response.end(opened.registry.layers[0]);
      return true;
    };
    const pull = opened.bench.pull(opened.registry.image);
    await vi.waitFor(() => expect(opened.registry.asked(opened.large)).toBe(1));
    const deletion = opened.bench.cache.delete(opened.large);
    go();
    expect([await deletion, (await pull).layers.length]).toEqual([false, 2]);
  });

  it('lists what it has with size and last use, the oldest first, parts too', async () => {
    const opened = await open();
    (await opened.bench.pull(opened.registry.image)).release();
    const part = join(opened.path, '..', `sha256-${'a'.repeat(64)}.part`);
    await writeFile(part, 'half');
    await utimes(part, 2000, 2000);
    await writeFile(join(opened.path, '..', 'something-else'), '');
    await utimes(opened.path, 1000, 1000);
    const list = await opened.bench.cache.list();
    expect(list.map(({ sizeBytes, whole }) => [sizeBytes, whole])).toEqual([
      [400_000, true],
      [4, false],
      [100_000, true],
    ]);
    expect(list[0]).toMatchObject({ digest: opened.large, lastUsedMs: 1_000_000, held: false });
    (await opened.bench.pull(opened.registry.image)).release();
    expect(
      (await opened.bench.cache.list()).find(({ digest }) => digest === opened.large)?.lastUsedMs,
    ).toBeGreaterThan(Date.now() - 60_000);
    expect(await opened.bench.cache.delete(`sha256:${'a'.repeat(64)}`)).toBe(true);
    expect(await opened.bench.cache.list()).toHaveLength(2);
  });

  it('that has lost a layer’s content on the disk fetches it again', async () => {
    const opened = await open();
    (await opened.bench.pull(opened.registry.image)).release();
    await writeFile(opened.path, Buffer.alloc(opened.registry.layers[0].length));
    (await opened.bench.pull(opened.registry.image)).release();
    expect(sha256(await readFile(opened.path))).toBe(opened.large);
    expect(opened.registry.asked(opened.large)).toBe(2);
  });
});
