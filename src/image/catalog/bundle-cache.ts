import { Injectable } from '@nestjs/common';
import { abortable, KeyedQueue } from '../../core/concurrency/index.js';
import { Config } from '../../core/config/index.js';
import { cancellation } from '../../core/errors/index.js';
import { ImageFiles } from '../store/image-files.js';

const NAME = /^([0-9a-f]{64})(?:\.part)?$/;

/** Bundles that are downloaded: `cache/bundles/SHA256`, and `.part` behind it what a later pull goes on with. */
@Injectable()
export class BundleCache {
  readonly #queue = new KeyedQueue();
  /** by how many, with those that wait */
  readonly #used = new Map<string, number>();

  constructor(
    private readonly config: Config,
    private readonly files: ImageFiles,
  ) {}

  /** A place for the bundle, one user after the other; what lies there afterwards, whole, is of no more use. */
  async use<T>(sha256: string, signal: AbortSignal, body: (path: string) => Promise<T>): Promise<T> {
    this.#used.set(sha256, (this.#used.get(sha256) ?? 0) + 1);
    const turn = Promise.withResolvers<void>();
    const work = this.#queue.run(sha256, async () => {
      turn.resolve();
      if (signal.aborted) throw cancellation(signal, 'the download');
      const path = `${this.directory}/${sha256}`;
      await this.files.makeDirectory(this.directory);
      try {
        return await body(path);
      } finally {
        await this.files.remove(path);
      }
    });
    const letGo = (): void => {
      const left = (this.#used.get(sha256) ?? 1) - 1;
      if (left === 0) this.#used.delete(sha256);
      else this.#used.set(sha256, left);
    };
    work.then(letGo, letGo);
    // who waits for another's download may leave; who downloads is waited for, so that nothing is written afterwards
    await abortable(turn.promise, signal, () => cancellation(signal, 'the download'));
    return work;
  }

  /** Names of files that nobody uses. */
  async unused(): Promise<string[]> {
    const names = await this.files.list(this.directory);
    return names.filter((name) => !this.#used.has(NAME.exec(name)?.[1] ?? ''));
  }

  /** False when somebody uses it by now. */
  async delete(name: string): Promise<boolean> {
    const sha256 = NAME.exec(name)?.[1] ?? name;
    return this.#queue.run(sha256, async () => {
      if (!(await this.unused()).includes(name)) return !(await this.has(name));
      await this.files.remove(`${this.directory}/${name}`);
      return true;
    });
  }

  async has(name: string): Promise<boolean> {
    return (await this.files.list(this.directory)).includes(name);
  }

  get directory(): string {
    return `${this.config.values.stateDirectory}/cache/bundles`;
  }
}
