import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';
import { HostDirectories } from '../../host/index.js';
import { ImageService } from '../../image/index.js';
import { TemplateFiles } from './template-files.adapter.js';
import { TemplateDamagedError, TemplatesUnavailableError } from './template.errors.js';
import { keyOf } from './template.types.js';
import type { Template, TemplateShape } from './template.types.js';

const MIB = 1024 * 1024;

interface Kept {
  readonly template: Template;
  lastUsedAt: Date;
  /** how many make use of its files now */
  users: number;
}

/** One that is held is not deleted before it is let go. */
export interface HeldTemplate {
  readonly template: Template;
  readonly directory: string;
  release(): Promise<void>;
}

export function templateOwner(id: string): ResourceOwner {
  return { type: 'template', id };
}

/**
 * The templates that there are: each a directory with a manifest, which is all that is known of it. They can be made
 * anew at any time, so that whatever is wrong with one is a reason to delete it.
 */
@Injectable()
export class TemplateStore {
  readonly #byId = new Map<string, Kept>();
  /** deleted as soon as nobody uses them */
  readonly #doomed = new Map<string, Kept>();

  constructor(
    private readonly config: Config,
    private readonly ledger: Ledger,
    private readonly directories: HostDirectories,
    private readonly files: TemplateFiles,
    private readonly images: ImageService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    images.onRemoved(
      (imageId) => this.#removeOfImage(imageId),
      (imageId) =>
        this.list()
          .filter(({ template }) => template.shape.imageId === imageId)
          .reduce((sum, { template }) => sum + template.allocatedBytes, 0),
    );
  }

  /** Newest last. */
  list(): { template: Template; lastUsedAt: Date }[] {
    return [...this.#byId.values()];
  }

  find(shape: TemplateShape): Template | undefined {
    const key = keyOf(shape);
    return this.list().findLast(({ template }) => keyOf(template.shape) === key)?.template;
  }

  /**
   * For whoever makes a machine of it. Its files are compared with their digests when that was not done yet, or when one
   * of them looks another: a third of a second then, and next to nothing otherwise.
   * @throws TemplateDamagedError
   */
  async hold(template: Template): Promise<HeldTemplate | undefined> {
    const kept = this.#byId.get(template.id);
    if (kept === undefined) return undefined;
    kept.users += 1;
    const directory = this.config.templateDirectory(template.id);
    const held = { template, directory, release: once(() => this.#release(kept)) };
    try {
      await this.#compare(template, directory);
      kept.lastUsedAt = new Date();
      await this.files.touch(directory, kept.lastUsedAt);
      return held;
    } catch (error) {
      await held.release();
      throw error;
    }
  }

  /** What was made in `from` becomes a template; others make room for it. @param made.disks paths, in `from` */
  async publish(
    from: string,
    {
      id,
      shape,
      disks,
      adopter,
    }: Pick<Template, 'id' | 'shape' | 'adopter'> & { readonly disks: readonly string[] },
  ): Promise<void> {
    const template: Template = {
      version: 1,
      id,
      shape,
      adopter,
      createdAt: new Date().toISOString(),
      ...(await this.files.seal(from, disks)),
    };
    // While it was made its image may have been deleted, and nobody would ever find it.
    if (!(await this.images.list()).some((image) => image.id === shape.imageId))
      throw new TemplatesUnavailableError('its image was deleted meanwhile', 'build or choose another image');
    const { diskMib } = this.config.values.templates;
    if (template.allocatedBytes > diskMib * MIB)
      throw new TemplatesUnavailableError(
        `it takes ${Math.ceil(template.allocatedBytes / MIB)} MiB, and all together may take ${diskMib}`,
        'allow more in the configuration file: templates.disk_mib',
      );
    const owner = templateOwner(id);
    const directory = this.config.templateDirectory(id);
    await this.ledger.make({ kind: 'directory', key: directory, owner }, () =>
      this.files.place(from, directory, template),
    );
    await this.ledger.release('directory', from);
    this.#byId.set(id, { template, lastUsedAt: new Date(), users: 0 });
    await this.fit();
  }

  /** Nobody finds it from now on. None is success. */
  async remove(id: string): Promise<void> {
    const kept = this.#byId.get(id);
    if (kept === undefined) return;
    this.#byId.delete(id);
    this.#doomed.set(id, kept);
    if (kept.users === 0) await this.#delete(id);
  }

  /** Deletes those that a newer one has replaced, and those that were used longest ago until the rest has room. */
  async fit(): Promise<void> {
    const newest = new Map(this.list().map(({ template }) => [keyOf(template.shape), template.id]));
    for (const { template } of this.list())
      if (newest.get(keyOf(template.shape)) !== template.id) await this.remove(template.id);
    const byUse = this.list().toSorted((one, other) => one.lastUsedAt.getTime() - other.lastUsedAt.getTime());
    let bytes = byUse.reduce((sum, { template }) => sum + template.allocatedBytes, 0);
    for (const { template } of byUse) {
      if (bytes <= this.config.values.templates.diskMib * MIB) return;
      bytes -= template.allocatedBytes;
      this.logger.info({ template: template.id }, 'a template makes room for others');
      await this.remove(template.id);
    }
  }

  /** Daemon start: what a dead daemon was making goes, and whatever is not whole or is of no image that there is. */
  async reconcile(): Promise<void> {
    const images = new Set((await this.images.list()).map(({ id }) => id));
    // In the order of their ids, which is that of their making.
    for (const name of (await this.files.list()).toSorted()) {
      const directory = this.config.templateDirectory(name);
      const found = await this.files.read(directory);
      if (found !== undefined && images.has(found.template.shape.imageId)) {
        await this.#book(name, directory);
        this.#byId.set(name, { ...found, users: 0 });
      } else await this.#forget(name, () => this.directories.remove(directory));
    }
    // One by one, newest first: one that is kept may still have the place where it was made in the books.
    for (const { kind, key, owner } of (await this.ledger.list()).toReversed()) {
      const isKept = this.#byId.has(owner.id) && key === this.config.templateDirectory(owner.id);
      if (owner.type === 'template' && !isKept)
        await this.#forget(owner.id, () => this.ledger.release(kind, key));
    }
    await this.fit();
  }

  async #removeOfImage(imageId: string): Promise<void> {
    for (const { template } of this.list())
      if (template.shape.imageId === imageId) await this.remove(template.id);
  }

  /** @throws TemplateDamagedError */
  async #compare({ id, shape, files }: Template, directory: string): Promise<void> {
    const problem = await this.files.problem(directory, files);
    if (problem !== undefined) throw new TemplateDamagedError(id, shape.imageId, problem);
  }

  async #release(kept: Kept): Promise<void> {
    kept.users -= 1;
    const { id } = kept.template;
    if (kept.users === 0 && this.#doomed.has(id)) await this.#delete(id);
  }

  async #delete(id: string): Promise<void> {
    this.#doomed.delete(id);
    await this.#forget(id, () => this.ledger.releaseOwner(templateOwner(id)));
  }

  /** One that cannot be deleted now is at the next start; nobody finds it before. */
  async #forget(id: string, body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.logger.error({ template: id, err: error }, 'a template could not be deleted');
    }
  }

  /** The books may have been lost. */
  async #book(id: string, directory: string): Promise<void> {
    if ((await this.ledger.find('directory', directory)) !== undefined) return;
    const request = { kind: 'directory', key: directory, owner: templateOwner(id) } as const;
    await this.ledger.make(request, () => Promise.resolve());
  }
}

/** Again is harmless. */
function once(body: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= body());
}
