import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { abortable, KeyedQueue } from '../../core/concurrency/index.js';
import { Config } from '../../core/config/index.js';
import { cancellation } from '../../core/errors/index.js';
import { DocumentProblem } from './json-document.js';
import type { CachedLayer, LayerHold } from './layer-cache.js';
import { LayerCache } from './layer-cache.js';
import type { Descriptor } from './manifest.js';

type Progress = (doneBytes: number) => void;
type Fetch = (path: string, onProgress: Progress) => Promise<void>;

const NAME = /^sha256-([0-9a-f]{64})(\.part)?$/;

/** Layers as files `sha256-HEX`; their time of modification is that of their last use. */
@Injectable()
export class DiskLayerCache extends LayerCache {
  /** work on one layer is done one after the other: of two that want it, the second finds it */
  readonly #queue = new KeyedQueue();
  readonly #holds = new Map<string, number>();
  readonly #watchers = new Map<string, Set<Progress>>();

  constructor(private readonly config: Config) {
    super();
  }

  override hold(digests: readonly string[]): LayerHold {
    const held = [...new Set(digests)];
    for (const digest of held) this.#holds.set(digest, (this.#holds.get(digest) ?? 0) + 1);
    let live = true;
    return {
      release: () => {
        if (live) for (const digest of held) this.#letGo(digest);
        live = false;
      },
    };
  }

  override async ensure(
    layer: Descriptor,
    fetch: Fetch,
    { signal, onProgress }: { signal: AbortSignal; onProgress: Progress },
  ): Promise<string> {
    const watchers = this.#watchers.get(layer.digest) ?? new Set<Progress>();
    this.#watchers.set(layer.digest, watchers.add(onProgress));
    const turn = Promise.withResolvers<void>();
    const work = this.#queue.run(layer.digest, async () => {
      turn.resolve();
      if (signal.aborted) throw cancellation(signal, 'the download');
      return this.#provide(layer, fetch, signal);
    });
    work.catch(() => undefined);
    try {
      // who waits for another's download may leave; who downloads is waited for, so that nothing is written afterwards
      await abortable(turn.promise, signal, () => cancellation(signal, 'the download'));
      return await work;
    } finally {
      watchers.delete(onProgress);
      if (watchers.size === 0 && this.#watchers.get(layer.digest) === watchers)
        this.#watchers.delete(layer.digest);
    }
  }

  override async list(): Promise<CachedLayer[]> {
    const layers = (await this.#names()).map(async (name): Promise<CachedLayer[]> => {
      const [, hex, part] = NAME.exec(name) ?? [];
      const path = join(this.#directory, name);
      const file = await measure(path);
      if (hex === undefined || file === undefined) return [];
      const digest = `sha256:${hex}`;
      return [{ digest, path, ...file, whole: part === undefined, held: this.#isHeld(digest) }];
    });
    return (await Promise.all(layers)).flat().toSorted((one, other) => one.lastUsedMs - other.lastUsedMs);
  }

  override async delete(digest: string): Promise<boolean> {
    return this.#queue.run(digest, async () => {
      if (this.#isHeld(digest)) return false;
      await rm(this.#path(digest), { force: true });
      await rm(`${this.#path(digest)}.part`, { force: true });
      return true;
    });
  }

  async #provide(layer: Descriptor, fetch: Fetch, signal: AbortSignal): Promise<string> {
    const path = this.#path(layer.digest);
    const there = await measure(path);
    // a disk may have lost what was right once
    const good = there !== undefined && (await checksum(path, signal)) === layer.digest;
    if (there !== undefined && !good) await rm(path, { force: true });
    if (!good) await fetch(path, (doneBytes) => this.#tell(layer.digest, doneBytes));
    else if (there.sizeBytes !== layer.size)
      throw new DocumentProblem(`the manifest gives it ${layer.size} bytes, it has ${there.sizeBytes}`);
    const now = new Date();
    await utimes(path, now, now);
    this.#tell(layer.digest, layer.size);
    return path;
  }

  #tell(digest: string, doneBytes: number): void {
    for (const watcher of this.#watchers.get(digest) ?? []) watcher(doneBytes);
  }

  #letGo(digest: string): void {
    const count = (this.#holds.get(digest) ?? 0) - 1;
    if (count > 0) this.#holds.set(digest, count);
    else this.#holds.delete(digest);
  }

  #isHeld(digest: string): boolean {
    return this.#holds.has(digest);
  }

  get #directory(): string {
    return `${this.config.values.stateDirectory}/cache/layers`;
  }

  #path(digest: string): string {
    return join(this.#directory, digest.replace(':', '-'));
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#directory)).filter((name) => NAME.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

async function measure(path: string): Promise<{ sizeBytes: number; lastUsedMs: number } | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { sizeBytes: size, lastUsedMs: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function checksum(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash, { signal });
  } catch (error) {
    throw signal.aborted ? cancellation(signal, 'the download') : error;
  }
  return `sha256:${hash.digest('hex')}`;
}
