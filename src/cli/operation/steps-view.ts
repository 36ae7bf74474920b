import type { OperationEvent, OperationStepView, OperationView } from '../../contract/operation.dto.js';

/** Shows an operation as it goes. */
export interface StepsView {
  event(event: OperationEvent): void;
  /** a line above whatever is live, such as "cancelling…" */
  message(text: string): void;
  /** the last word: nothing is drawn afterwards */
  end(operation: OperationView | undefined): void;
}

/** Shows nothing: --quiet. */
export class SilentSteps implements StepsView {
  event(): void {}
  message(): void {}
  end(): void {}
}

/** Steps by index as they are now; from the snapshot that every watch begins with, then change by change. */
export class StepBoard {
  private readonly steps = new Map<number, OperationStepView>();

  /** The steps that an event changes. */
  apply(event: OperationEvent): OperationStepView[] {
    const changed = event.snapshot?.steps ?? (event.step === undefined ? [] : [event.step]);
    return changed.filter((step) => {
      const before = this.steps.get(step.index);
      this.steps.set(step.index, step);
      return (
        before === undefined ||
        before.state !== step.state ||
        before.detail !== step.detail ||
        before.progress !== step.progress
      );
    });
  }

  running(): OperationStepView[] {
    return [...this.steps.values()]
      .filter((step) => step.state === 'running')
      .toSorted((a, b) => a.index - b.index);
  }
}

/** ` 42 %` where it is known, else nothing */
export function percentOf(step: OperationStepView): string {
  return step.progress === undefined ? '' : ` ${Math.floor(step.progress * 100)} %`;
}

/** `ms` between a step's begin and end, or now. */
export function elapsedMs(step: OperationStepView, now: number): number {
  return Math.max(
    0,
    (step.finishedAt === undefined ? now : Date.parse(step.finishedAt)) - Date.parse(step.startedAt),
  );
}
