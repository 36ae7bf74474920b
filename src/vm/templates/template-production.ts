import { Injectable } from '@nestjs/common';
import { abortable, apart } from '../../core/concurrency/index.js';
import { isKind } from '../../core/errors/index.js';
import { newId } from '../../core/ids.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext, StartedOperation } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import { TemplateMaker } from './template-maker.js';
import { TemplateStore } from './template-store.js';
import { keyOf } from './template.types.js';
import type { TemplateShape } from './template.types.js';

/** Templates of one shape that failed since the daemon's start; then it is given up until the next. */
const MAX_FAILURES = 2;

/** Makes templates, one at a time, and knows which shapes are not worth another attempt. */
@Injectable()
export class TemplateProduction {
  readonly #failures = new Map<string, number>();
  /** shapes that one is being made of, or waits to be */
  readonly #making = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly operations: OperationRunner,
    private readonly maker: TemplateMaker,
    private readonly store: TemplateStore,
  ) {}

  /** Whether there is any sense in making one unasked. */
  isWanted(shape: TemplateShape): boolean {
    const key = keyOf(shape);
    return !this.#making.has(key) && (this.#failures.get(key) ?? 0) < MAX_FAILURES;
  }

  /** A VM went on from one. */
  forgetFailures(shape: TemplateShape): void {
    this.#failures.delete(keyOf(shape));
  }

  countFailure(shape: TemplateShape): void {
    const key = keyOf(shape);
    this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
  }

  /** @param how.force whether one is made although there is one by then */
  async begin(
    shape: TemplateShape,
    image: BootableImage,
    { niceness, force }: { niceness: number; force: boolean },
  ): Promise<StartedOperation<void>> {
    const key = keyOf(shape);
    this.#making.add(key);
    const turn = this.#queue;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#queue = turn.then(() => ended);
    try {
      // Begun by a creation, it is none of its work.
      const started = await apart(() =>
        this.operations.begin({
          kind: 'template.make',
          subject: { type: 'image', id: image.id, name: image.name },
          body: async (operation) => {
            const { signal } = operation;
            await abortable(turn, signal, () => signal.reason);
            signal.throwIfAborted();
            if (!force && this.store.find(shape) !== undefined) return nothingToDo(operation);
            await this.maker.run({ id: newId('tpl'), image, shape, niceness }, operation);
          },
        }),
      );
      void this.#settle(started.finished, shape).then(end);
      return started;
    } catch (error) {
      this.#making.delete(key);
      end();
      throw error;
    }
  }

  async #settle(finished: Promise<void>, shape: TemplateShape): Promise<void> {
    try {
      await finished;
    } catch (error) {
      if (!isKind(error, 'CANCELLED')) this.countFailure(shape);
    } finally {
      this.#making.delete(keyOf(shape));
    }
  }
}

function nothingToDo(operation: OperationContext): Promise<void> {
  return operation.step('template.find', 'looking for a template', async (progress) =>
    progress.detail('there is one already'),
  );
}
