import type { OperationEvent, OperationStepView } from '../../contract/operation.dto.js';
import type { StepsView } from './steps-view.js';

/** More steps than any operation has: keeps those of several apart in one view. */
const STEPS_OF_ONE = 100_000;

/**
 * Shows several operations in one view, each step with the name of what it is done to when there are several: because
 * several things were named, or because one call began more than one.
 */
export class SeveralOperations {
  private readonly offsets = new Map<string, number>();
  private readonly names = new Map<string, string>();
  private first: string | undefined;

  constructor(
    private readonly view: StepsView,
    private readonly several: boolean,
  ) {}

  event(name: string, event: OperationEvent): void {
    const { operation = '', snapshot, step, output } = event;
    this.first ??= operation;
    if (snapshot !== undefined) this.names.set(operation, snapshot.subject.name);
    const label = this.several ? name : operation === this.first ? undefined : this.names.get(operation);
    const offset = this.offsetOf(operation);
    const shown = (one: OperationStepView): OperationStepView =>
      Object.assign({}, one, {
        index: one.index + offset,
        title: label === undefined ? one.title : `${label}: ${one.title}`,
      });
    if (snapshot !== undefined)
      this.view.event({ snapshot: Object.assign({}, snapshot, { steps: snapshot.steps.map(shown) }) });
    if (step !== undefined) this.view.event({ step: shown(step) });
    if (output !== undefined) this.view.event({ output });
  }

  private offsetOf(operation: string): number {
    const known = this.offsets.get(operation) ?? this.offsets.size * STEPS_OF_ONE;
    this.offsets.set(operation, known);
    return known;
  }
}
