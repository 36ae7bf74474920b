import type { OperationEvent } from '../../contract/index.js';

/** Lines of output kept for a consumer that does not keep up. */
const MAX_OUTPUT_LINES = 1000;

/**
 * What one watcher has still to read. Bounded whatever the watcher does: a step waits at most once for each of its
 * states, with its latest remark, and of the output the oldest lines are dropped.
 */
export class EventQueue {
  #events: OperationEvent[] = [];
  #outputLines = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  push(event: OperationEvent): void {
    if (event.step === undefined || !this.#replace(event.step)) this.#events.push(event);
    if (event.output !== undefined && ++this.#outputLines > MAX_OUTPUT_LINES) this.#dropOldestOutput();
    this.#notify();
  }

  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** The next event, or undefined when the operation has ended and everything was read. @throws the signal's reason */
  async next(signal: AbortSignal): Promise<OperationEvent | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const event = this.#events.shift();
      if (event?.output !== undefined) this.#outputLines--;
      if (event !== undefined || this.#ended) return event;
      await this.#change(signal);
    }
  }

  #replace(step: NonNullable<OperationEvent['step']>): boolean {
    const at = this.#events.findIndex(
      (waiting) => waiting.step?.index === step.index && waiting.step.state === step.state,
    );
    if (at < 0) return false;
    this.#events[at] = { step };
    return true;
  }

  #dropOldestOutput(): void {
    const at = this.#events.findIndex((event) => event.output !== undefined);
    this.#events.splice(at, 1);
    this.#outputLines--;
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
