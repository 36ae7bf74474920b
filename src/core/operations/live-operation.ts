import type { FailureView, OperationEvent, OperationStepView, OperationView } from '../../contract/index.js';
import type { OperationState } from '../../contract/operation.dto.js';
import { EventQueue } from './event-queue.js';

/** Text comes from programs and guests: bounded, in characters. */
const MAX_DETAIL = 500;
const MAX_LINE = 4096;
const MAX_WARNING = 2000;
const MAX_WARNINGS = 100;

/** A running operation as it stands now, a little ahead of its rows, and those who watch it. */
export class LiveOperation {
  readonly #view: OperationView;
  readonly #queues = new Set<EventQueue>();
  #open = true;

  constructor(view: OperationView) {
    this.#view = view;
  }

  get id(): string {
    return this.#view.id;
  }

  /** `vm.create of web`, for messages */
  get what(): string {
    return `${this.#view.kind} of ${this.#view.subject.name}`;
  }

  /** finds its lines in the log: of the request that began it, or else its own id */
  get ref(): string {
    return this.#view.ref ?? this.#view.id;
  }

  /** Whether its body, or the undo, still runs. Nothing is recorded any more afterwards. */
  get open(): boolean {
    return this.#open;
  }

  /** A copy that later changes do not touch. */
  get view(): OperationView {
    return structuredClone(this.#view);
  }

  beginStep(name: string, title: string): OperationStepView {
    const index = this.#view.steps.length;
    const step: OperationStepView = {
      index,
      name,
      title,
      state: 'running',
      startedAt: new Date().toISOString(),
    };
    this.#view.steps.push(step);
    this.#publish({ step: structuredClone(step) });
    return structuredClone(step);
  }

  changeStep(index: number, change: Partial<OperationStepView>): OperationStepView | undefined {
    const step = this.#view.steps[index];
    if (step === undefined) return undefined;
    Object.assign(
      step,
      change,
      change.detail !== undefined && { detail: change.detail.slice(0, MAX_DETAIL) },
    );
    this.#publish({ step: structuredClone(step) });
    return structuredClone(step);
  }

  /** @returns whether it was kept */
  warn(message: string): boolean {
    if (this.#view.warnings.length >= MAX_WARNINGS) return false;
    this.#view.warnings.push(message.slice(0, MAX_WARNING));
    return true;
  }

  output(line: string): void {
    this.#publish({ output: line.slice(0, MAX_LINE) });
  }

  /** Sets the outcome; steps that still run end with it. @returns those steps */
  finish(state: OperationState, error?: FailureView): OperationStepView[] {
    const finishedAt = new Date().toISOString();
    Object.assign(this.#view, { state, finishedAt }, error !== undefined && { error });
    const left = this.#view.steps.filter((step) => step.state === 'running');
    return left.flatMap((step) => this.changeStep(step.index, { state: 'cancelled', finishedAt }) ?? []);
  }

  /** Lets the watchers go. Called when the outcome is durable. */
  close(): void {
    this.#open = false;
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
  }

  /** Begins to collect events; the snapshot is of the same instant, so that nothing is lost or told twice. */
  watch(): { snapshot: OperationView; queue: EventQueue; unwatch: () => void } {
    const queue = new EventQueue();
    if (this.#open) this.#queues.add(queue);
    else queue.end();
    return { snapshot: this.view, queue, unwatch: () => this.#queues.delete(queue) };
  }

  #publish(event: OperationEvent): void {
    for (const queue of this.#queues) queue.push(event);
  }
}
