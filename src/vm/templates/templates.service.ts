import { Inject, Injectable } from '@nestjs/common';
import { apart } from '../../core/concurrency/index.js';
import { Config } from '../../core/config/index.js';
import { isKind, toBangerError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { newId } from '../../core/ids.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { StartedOperation } from '../../core/operations/index.js';
import { ImageService } from '../../image/index.js';
import type { BootableImage } from '../../image/index.js';
import type { SavedMachine } from '../hypervisor/hypervisor.js';
import { VmDisks } from '../vm-disks.js';
import type { DiskBases } from '../vm-disks.js';
import { TemplateMaker } from './template-maker.js';
import { TemplateShapes } from './template-shapes.js';
import type { ShapedVm } from './template-shapes.js';
import { TemplateStore } from './template-store.js';
import type { HeldTemplate } from './template-store.js';
import { keyOf, TEMPLATE_FILES } from './template.types.js';
import type { TemplateShape } from './template.types.js';

/** What a background job leaves to everybody else: almost all. */
const BACKGROUND_NICENESS = 15;
/** What a user waits for is made at full speed. */
const ASKED_NICENESS = 0;
/** Templates of one shape that failed since the daemon's start; then it is given up until the next. */
const MAX_FAILURES = 2;
/** `bytes` that have to be free: what a system that has booted keeps in memory, and what it has written */
const NEEDED_BYTES = 512 * 1024 * 1024;

/** A template that a VM can begin as, until it is let go. */
export interface UsableTemplate {
  readonly id: string;
  readonly saved: SavedMachine;
  readonly bases: DiskBases;
  release(): Promise<void>;
}

/** Which VM begins as what, and what is made for the next one. */
@Injectable()
export class TemplatesService {
  readonly #failures = new Map<string, number>();
  /** shapes that one is being made of, or waits to be */
  readonly #making = new Set<string>();
  /** one at a time */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly images: ImageService,
    private readonly operations: OperationRunner,
    private readonly disks: VmDisks,
    private readonly shapes: TemplateShapes,
    private readonly store: TemplateStore,
    private readonly maker: TemplateMaker,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    images.onRemoved((imageId) => this.store.removeOfImage(imageId));
  }

  /** Daemon start, when the images are known. */
  async reconcile(): Promise<void> {
    await this.store.reconcile(new Set((await this.images.list()).map(({ id }) => id)));
  }

  /** What a new VM can begin as; undefined when there is nothing. @param onDamaged told why one that there was is not */
  async take(vm: ShapedVm, onDamaged: (error: BangerError) => void): Promise<UsableTemplate | undefined> {
    if (this.config.values.templates.make === 'off') return undefined;
    const shape = await this.shapes.of(vm);
    const template = shape === undefined ? undefined : this.store.find(shape);
    if (template === undefined) return undefined;
    try {
      const held = await this.store.hold(template);
      return held === undefined ? undefined : this.#usable(held);
    } catch (error) {
      await this.fail(template.id);
      onDamaged(toBangerError(error, 'the template'));
      return undefined;
    }
  }

  /** A VM could not be made of it. */
  async fail(id: string): Promise<void> {
    const template = this.store.list().find((one) => one.template.id === id)?.template;
    if (template === undefined) return;
    this.#countFailure(template.shape);
    await this.store.remove(id);
  }

  /** A VM has booted: the next one of its shape need not, as far as the configuration wants that. Never throws. */
  async seed(vm: ShapedVm, image: BootableImage): Promise<void> {
    if (this.config.values.templates.make !== 'auto') return;
    try {
      const shape = await this.shapes.of(vm);
      if (shape === undefined || this.store.find(shape) !== undefined) return;
      if ((this.#failures.get(keyOf(shape)) ?? 0) >= MAX_FAILURES) return;
      if (this.#making.has(keyOf(shape))) return;
      await this.disks.checkRoom(NEEDED_BYTES);
      await this.#make(shape, image, BACKGROUND_NICENESS);
    } catch (error) {
      if (isKind(error, 'DISK_FULL')) return;
      this.logger.warn({ err: toBangerError(error) }, 'no template could be begun');
    }
  }

  /** One that a user asked for. @throws DiskFullError */
  async warm(shape: TemplateShape, image: BootableImage, force: boolean): Promise<StartedOperation<void>> {
    if (!force && this.store.find(shape) !== undefined)
      return this.operations.begin({
        kind: 'template.make',
        subject: { type: 'image', id: image.id, name: image.name },
        body: ({ step }) =>
          step('template.find', 'looking for a template', async (progress) =>
            progress.detail('there is one already'),
          ),
      });
    await this.disks.checkRoom(NEEDED_BYTES);
    return this.#make(shape, image, ASKED_NICENESS);
  }

  async #make(shape: TemplateShape, image: BootableImage, niceness: number): Promise<StartedOperation<void>> {
    const key = keyOf(shape);
    this.#making.add(key);
    const turn = this.#queue;
    const started = await apart(() =>
      this.operations.begin({
        kind: 'template.make',
        subject: { type: 'image', id: image.id, name: image.name },
        body: async (operation) => {
          await turn;
          operation.signal.throwIfAborted();
          await this.maker.run({ id: newId('tpl'), image, shape, niceness }, operation);
        },
      }),
    );
    this.#queue = started.finished.then(
      () => this.#failures.delete(key),
      (error: unknown) => {
        if (!isKind(error, 'CANCELLED')) this.#countFailure(shape);
      },
    );
    void this.#queue.then(() => this.#making.delete(key));
    return started;
  }

  #countFailure(shape: TemplateShape): void {
    const key = keyOf(shape);
    this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
  }

  #usable({ template: { id, shape }, directory, release }: HeldTemplate): UsableTemplate {
    const backend = this.disks.backend(shape);
    return {
      id,
      saved: {
        memoryPath: `${directory}/${TEMPLATE_FILES.memory}`,
        statePath: `${directory}/${TEMPLATE_FILES.state}`,
      },
      bases: {
        root: backend.locate(directory, 'root'),
        work: shape.workDiskMib === undefined ? undefined : backend.locate(directory, 'work'),
        mayGo: true,
      },
      release,
    };
  }
}
