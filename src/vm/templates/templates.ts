import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { isKind, toBangerError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { StartedOperation } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import type { SavedMachine } from '../hypervisor/hypervisor.js';
import { isItsFault } from '../saving/blame.js';
import { VmDisks } from '../vm-disks.js';
import type { DiskBases } from '../vm-disks.js';
import { TemplateProduction } from './template-production.js';
import { TemplateShapes } from './template-shapes.js';
import type { ShapedVm } from './template-shapes.js';
import { TemplateStore } from './template-store.js';
import type { HeldTemplate } from './template-store.js';
import { TemplateOutdatedError } from './template.errors.js';
import { isOutdated, TEMPLATE_FILES } from './template.types.js';
import type { TemplateShape } from './template.types.js';

/** What a background job leaves to everybody else: almost all. */
const BACKGROUND_NICENESS = 15;
/** What a user waits for is made at full speed. */
const ASKED_NICENESS = 0;
/** `bytes` that have to be free: what a system that has booted keeps in memory, and what it has written */
const NEEDED_BYTES = 512 * 1024 * 1024;

/** A template that a VM can begin as, until it is let go. */
export interface UsableTemplate {
  readonly id: string;
  readonly shape: TemplateShape;
  readonly saved: SavedMachine;
  readonly adopter: string;
  readonly bases: DiskBases;
  release(): Promise<void>;
}

/** Which VM begins as what, and what is made for the next one. */
@Injectable()
export class Templates {
  constructor(
    private readonly config: Config,
    private readonly disks: VmDisks,
    private readonly shapes: TemplateShapes,
    private readonly store: TemplateStore,
    private readonly production: TemplateProduction,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What a new VM can begin as; undefined when there is nothing. @param onUseless told why one that there was is not */
  async take(vm: ShapedVm, onUseless: (error: BangerError) => void): Promise<UsableTemplate | undefined> {
    if (this.config.values.templates.make === 'off') return undefined;
    const shape = await this.shapes.of(vm);
    if (shape === undefined) return undefined;
    const template = this.store.find(shape);
    if (template === undefined) {
      await this.#dropOutdated(shape, onUseless);
      return undefined;
    }
    try {
      const held = await this.store.hold(template);
      return held === undefined ? undefined : this.#usable(held);
    } catch (error) {
      const failure = toBangerError(error, 'the template');
      if (isItsFault(failure)) await this.fail(template.id);
      onUseless(failure);
      return undefined;
    }
  }

  /** A VM has been made of it. */
  succeed({ shape }: UsableTemplate): void {
    this.production.forgetFailures(shape);
  }

  /** A VM could not be made of it: it goes. */
  async fail(id: string): Promise<void> {
    const failed = this.store.list().find(({ template }) => template.id === id);
    if (failed !== undefined) this.production.countFailure(failed.template.shape);
    await this.store.remove(id);
  }

  /** A VM has booted: the next one of its shape need not, as far as the configuration wants that. Never throws. */
  async seed(vm: ShapedVm, image: BootableImage): Promise<void> {
    if (this.config.values.templates.make !== 'auto') return;
    try {
      const shape = await this.shapes.of(vm);
      await this.disks.checkRoom(NEEDED_BYTES);
      // From here to its beginning nothing is waited for: of many that ask at once, one is to begin it.
      if (shape === undefined || this.store.find(shape) !== undefined || !this.shapes.hasMemoryFor(shape))
        return;
      if (this.production.isWanted(shape))
        await this.production.begin(shape, image, { niceness: BACKGROUND_NICENESS, force: false });
    } catch (error) {
      if (!isKind(error, 'DISK_FULL'))
        this.logger.warn({ err: toBangerError(error) }, 'no template could be begun');
    }
  }

  /** One that a user asked for. @throws DiskFullError */
  async warm(shape: TemplateShape, image: BootableImage, force: boolean): Promise<StartedOperation<void>> {
    await this.disks.checkRoom(NEEDED_BYTES);
    return this.production.begin(shape, image, { niceness: ASKED_NICENESS, force });
  }

  async #dropOutdated(shape: TemplateShape, onDropped: (error: BangerError) => void): Promise<void> {
    for (const { template } of this.store.list()) {
      if (!isOutdated(template.shape, shape)) continue;
      const reason = await this.shapes.misfit(template.shape);
      if (reason === undefined) continue;
      await this.store.remove(template.id);
      onDropped(new TemplateOutdatedError(template.id, shape.imageId, reason));
    }
  }

  #usable(held: HeldTemplate): UsableTemplate {
    const { template, directory } = held;
    return {
      id: template.id,
      shape: template.shape,
      adopter: template.adopter,
      saved: {
        memoryPath: `${directory}/${TEMPLATE_FILES.memory}`,
        statePath: `${directory}/${TEMPLATE_FILES.state}`,
      },
      bases: this.disks.basesIn({ ...template.shape, workDiskMib: template.shape.workDiskMib }, directory),
      release: () => held.release(),
    };
  }
}
