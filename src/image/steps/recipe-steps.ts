import { Injectable } from '@nestjs/common';
import { isKind } from '../../core/errors/index.js';
import { detailOf } from '../build/mmdebstrap.js';
import { ImageBuildFailedError, saysNoRoom } from '../image.errors.js';
import type { Making } from '../making/image-making.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';
import type { RecipeStep } from './recipe-step.js';
import { StepCache } from './step-cache.js';

export interface StepsOrder {
  readonly steps: readonly RecipeStep[];
  /** the recipe, as messages call it */
  readonly file: string;
  /** whether every step is run, also those that are kept */
  readonly fresh: boolean;
  /** lines of apt.conf that reach the mirrors */
  readonly aptOptions: string;
}

/** Takes a tree through the steps of a recipe: from the first one that was never taken before on, they are run. */
@Injectable()
export class RecipeSteps {
  constructor(
    private readonly trees: Trees,
    private readonly cache: StepCache,
  ) {}

  async run(tree: Tree, order: StepsOrder, making: Making): Promise<void> {
    let keptSoFar = !order.fresh;
    let begun = false;
    for (const step of order.steps) {
      await making.step(`recipe.${step.kind}`, step.title, async (progress) => {
        const kept = keptSoFar ? await this.cache.find(step.digest, making.site.signal) : undefined;
        if (kept !== undefined) {
          await this.cache.apply(tree, kept);
          progress.detail('cached');
          return;
        }
        keptSoFar = false;
        if (!begun) await this.cache.begin(tree);
        begun = true;
        await this.#perform(tree, { step, order, making }, (line) => {
          making.site.output(line);
          const detail = step.kind === 'packages' ? detailOf(line) : undefined;
          if (detail !== undefined) progress.detail(detail);
        });
        await this.cache.keep(tree, step.digest);
      });
    }
  }

  async #perform(
    tree: Tree,
    { step, order, making }: { step: RecipeStep; order: StepsOrder; making: Making },
    onLine: (line: string) => void,
  ): Promise<void> {
    const env = { BANGER_APT_OPTIONS: order.aptOptions };
    try {
      await this.trees.enter(tree, { ...step.program, env, onLine });
    } catch (error) {
      if (!isKind(error, 'PROCESS_FAILED') || saysNoRoom(error.details.stderrTail)) throw error;
      const { exitCode, signal, stderrTail } = error.details;
      const place = step.line === undefined ? order.file : `${order.file}:${step.line}`;
      throw new ImageBuildFailedError({
        image: making.name,
        step: step.title,
        stderrTail,
        why: `the step of ${place} ended with ${exitCode === null ? `signal ${signal}` : `exit status ${exitCode}`}`,
        fix: 'correct the recipe, or what the step needs, and build again: the steps before it are kept',
        cause: error,
      });
    }
  }
}
