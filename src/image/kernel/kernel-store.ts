import { Inject, Injectable } from '@nestjs/common';
import type { KernelSourceView } from '../../contract/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { KeyedQueue } from '../../core/concurrency/index.js';
import { newId } from '../../core/ids.js';
import { Ledger } from '../../core/operations/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';
import { filesDigest } from '../metadata/image-digest.js';
import { Blobs } from '../store/blobs.js';
import { ImageSites } from '../store/image-sites.js';
import { ImageFiles } from '../store/image-files.js';
import { KERNEL_FILES } from './kernel-unpacker.js';
import type { UnpackedKernel } from './kernel-unpacker.js';
import { KernelRepository } from './kernel.repository.js';
import type { KernelRow, NewKernel } from './kernel.repository.js';

const NAMES = Object.values(KERNEL_FILES);
const MANIFEST = 'manifest.json';
const TURN = 'kernels';

/** Kernels that are kept for images to come: `kernels/ID/` each. Rows and directories come and go together. */
@Injectable()
export class KernelStore {
  /** Two that keep the same kernel at once would each enter it, and the one would take the other's away. */
  readonly #turns = new KeyedQueue();

  constructor(
    private readonly sites: ImageSites,
    private readonly ledger: Ledger,
    private readonly files: ImageFiles,
    private readonly blobs: Blobs,
    private readonly kernels: KernelRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Keeps an unpacked kernel, whose files stay where they are too; the very same one is not kept twice. Its id. */
  keep(kernel: UnpackedKernel, as: { name: string; source: KernelSourceView }): Promise<string> {
    return this.#turns.run(TURN, () => this.#keep(kernel, as));
  }

  /** Nobody removes the kernel that is found while it is used. */
  take<T>(find: () => Promise<KernelRow>, use: (row: KernelRow) => Promise<T>): Promise<T> {
    return this.#turns.run(TURN, async () => use(await find()));
  }

  async #keep(kernel: UnpackedKernel, as: { name: string; source: KernelSourceView }): Promise<string> {
    const id = newId('krn');
    const path = this.directory(id);
    const building = `${this.#root}/.building-${id}`;
    return this.#inLedger(building, kernelOwner(id), async () => {
      for (const name of NAMES) await this.files.link(`${kernel.directory}/${name}`, `${building}/${name}`);
      await this.files.seal(building, NAMES, this.sites.bits.file);
      const digest = filesDigest(kernel.release, await this.blobs.share(building, NAMES));
      const same = await this.kernels.findDigest(digest);
      if (same !== undefined) {
        // whatever has become of its files, these are right
        for (const name of NAMES)
          await this.files.link(`${building}/${name}`, `${this.directory(same.id)}/${name}`);
        return same.id;
      }
      const measures = await Promise.all(NAMES.map((name) => this.files.measure(`${building}/${name}`)));
      const allocatedBytes = measures.reduce((sum, measure) => sum + (measure?.allocatedBytes ?? 0), 0);
      const row = { id, version: kernel.release, digest, allocatedBytes, ...as };
      await this.files.write(`${building}/${MANIFEST}`, JSON.stringify(row));
      await this.files.seal(building, [MANIFEST], this.sites.bits.file);
      await this.ledger.make({ kind: 'directory', key: path, owner: kernelOwner(id) }, () =>
        this.files.replace(building, path),
      );
      await this.kernels.insert(row);
      await this.#collectSuperseded();
      return id;
    });
  }

  directory(id: string): string {
    return `${this.#root}/${id}`;
  }

  /** False when an image has it. */
  remove(kernel: Pick<KernelRow, 'id'>): Promise<boolean> {
    return this.#turns.run(TURN, () => this.#remove(kernel));
  }

  async #remove({ id }: Pick<KernelRow, 'id'>): Promise<boolean> {
    if (!(await this.kernels.remove(id))) return false;
    await this.ledger.releaseOwner(kernelOwner(id), ['directory']);
    await this.blobs.collect();
    return true;
  }

  /** Daemon start: whatever has no row goes; what the books have lost altogether is entered again. */
  async reconcile(): Promise<void> {
    for (const { key, owner } of await this.ledger.list({ kind: 'directory' })) {
      if (owner.type !== 'kernel') continue;
      const whole = key === this.directory(owner.id) && (await this.kernels.find(owner.id)) !== undefined;
      if (whole) continue;
      // one directory that cannot be taken away must not keep the daemon down
      await this.ledger.release('directory', key).catch((error: unknown) => {
        this.logger.error({ path: key, err: error }, 'a directory of a kernel could not be removed');
      });
    }
    await this.#enterLost();
    await this.#collectSuperseded();
  }

  async #enterLost(): Promise<void> {
    for (const id of await this.files.list(this.#root)) {
      const key = this.directory(id);
      if (!id.startsWith('krn_') || (await this.kernels.find(id)) !== undefined) continue;
      try {
        const row = JSON.parse((await this.files.read(`${key}/${MANIFEST}`)).toString('utf8')) as NewKernel;
        if (row.id !== id) continue;
        await this.kernels.insert(row);
        await this.ledger.make({ kind: 'directory', key, owner: kernelOwner(id) }, () => Promise.resolve());
      } catch (error) {
        this.logger.error(
          { kernel: id, err: error },
          'a kernel that the books have lost could not be entered',
        );
      }
    }
  }

  async #collectSuperseded(): Promise<void> {
    for (const kernel of await this.kernels.superseded()) await this.#remove(kernel);
  }

  /** Makes a directory, which is gone or has become another when `body` is through. */
  async #inLedger<T>(path: string, owner: ResourceOwner, body: () => Promise<T>): Promise<T> {
    await this.ledger.make({ kind: 'directory', key: path, owner }, () => this.files.makeDirectory(path));
    try {
      return await body();
    } finally {
      await this.ledger.release('directory', path);
    }
  }

  get #root(): string {
    return this.sites.kernelsDirectory;
  }
}

function kernelOwner(id: string): ResourceOwner {
  return { type: 'kernel', id };
}
