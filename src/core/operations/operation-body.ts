import type { Logger } from 'pino';
import { Rollback } from '../concurrency/index.js';
import type { LiveOperation } from './live-operation.js';
import type { OperationContext, StepContext } from './operation-runner.js';
import type { OperationStore } from './operation-store.js';
import { StepRecorder } from './step-recorder.js';

/** What a running body sees of its operation. */
export class OperationBody implements OperationContext {
  readonly rollback = new Rollback();
  readonly #controller = new AbortController();
  readonly #unsettled = new Set<Promise<void>>();
  #warning: Promise<void> = Promise.resolve();

  constructor(
    private readonly live: LiveOperation,
    private readonly store: OperationStore,
    private readonly logger: Logger,
  ) {}

  get id(): string {
    return this.live.id;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  async step<T>(name: string, title: string, body: (step: StepContext) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const running = this.#record(name, title, body);
    const settled = running.then(ignore, ignore).finally(() => this.#unsettled.delete(settled));
    this.#unsettled.add(settled);
    return running;
  }

  async #record<T>(name: string, title: string, body: (step: StepContext) => Promise<T>): Promise<T> {
    const recorder = await this.#beginStep(name, title);
    let result: T;
    try {
      result = await body(recorder);
    } catch (error) {
      // The step's own failure is what counts; that it could not be written is for the log.
      await recorder.end(this.signal.aborted ? 'cancelled' : 'failed').catch(this.#writeFailed);
      throw error;
    }
    await recorder.end('done');
    return result;
  }

  async #beginStep(name: string, title: string): Promise<StepRecorder> {
    const step = this.live.beginStep(name, title);
    await this.store.createStep(this.id, step);
    return new StepRecorder(this.live, this.store, step, this.#writeFailed);
  }

  warn(message: string): void {
    if (!this.live.open || !this.live.warn(message)) return;
    const { warnings } = this.live.view;
    this.#warning = this.#warning
      .then(() => this.store.updateWarnings(this.id, warnings))
      .catch(this.#writeFailed);
  }

  /**
   * Resolves when no step runs any more, also not beside one that failed, and nothing is on its way to the database:
   * what a step makes after the undo would stay, and what is written after the outcome would falsify it.
   */
  async idle(): Promise<void> {
    while (this.#unsettled.size > 0) await Promise.all(this.#unsettled);
    await this.#warning;
  }

  output(line: string): void {
    this.live.output(line);
  }

  /** Plays the undo, also when it cannot be recorded; what could not be undone becomes warnings. */
  async undo(): Promise<void> {
    if (this.rollback.size === 0) return;
    const recorder = await this.#beginStep('rollback', 'undoing what was done').catch(this.#writeFailed);
    const undone: string[] = [];
    const failures = await this.rollback.run((what) => {
      undone.push(what);
      recorder?.detail(undone.join(', '));
    });
    await recorder?.end('done').catch(this.#writeFailed);
    for (const { what, error } of failures) {
      this.logger.error({ operation: this.id, err: error }, `could not undo: ${what}`);
      this.live.warn(`could not undo: ${what}: ${error.message}; tried again when the daemon starts`);
    }
  }

  readonly #writeFailed = (error: unknown): undefined => {
    this.logger.error({ operation: this.id, err: error }, 'could not record the progress of an operation');
  };
}

function ignore(): void {}
