import type { OperationStepView } from '../../contract/index.js';
import type { StepState } from '../../contract/operation.dto.js';
import type { LiveOperation } from './live-operation.js';
import type { StepContext } from './operation-runner.js';
import type { OperationStore } from './operation-store.js';

const DETAIL_INTERVAL_MS = 1000;

/** Records one step: watchers see every remark, the database at most one a second and the last. */
export class StepRecorder implements StepContext {
  #timer: NodeJS.Timeout | undefined;
  #lastWrite = 0;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(
    private readonly live: LiveOperation,
    private readonly store: OperationStore,
    private readonly step: OperationStepView,
    private readonly onWriteFailed: (error: unknown) => void,
  ) {}

  detail(text: string, progress?: number): void {
    if (this.#ended || !this.live.open) return;
    const bounded = progress === undefined ? {} : { progress: Math.min(1, Math.max(0, progress)) };
    this.live.changeStep(this.step.index, { detail: text, ...bounded });
    const due = this.#lastWrite + DETAIL_INTERVAL_MS - performance.now();
    this.#timer ??= setTimeout(() => this.#write(), Math.max(0, due));
  }

  /** Durable when it resolves. Does nothing when the operation is over: its outcome has the step already. */
  async end(state: StepState): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#writing;
    if (!this.live.open) return;
    const step = this.live.changeStep(this.step.index, { state, finishedAt: new Date().toISOString() });
    if (step !== undefined) await this.store.updateStep(this.live.id, step);
  }

  #write(): void {
    this.#timer = undefined;
    const step = this.live.open ? this.live.view.steps[this.step.index] : undefined;
    if (step === undefined) return;
    this.#lastWrite = performance.now();
    this.#writing = this.store.updateStep(this.live.id, step).catch(this.onWriteFailed);
  }
}
