import type {
  OperationEvent,
  OperationListParams,
  OperationSubject,
  OperationView,
} from '../../contract/index.js';
import type { Rollback } from '../concurrency/index.js';

/** What the body of an operation gets to work with. */
export interface OperationContext {
  readonly id: string;
  /** aborts when the operation is cancelled or the daemon stops */
  readonly signal: AbortSignal;
  /** undo of what was done so far; run in reverse order when the body throws or is cancelled */
  readonly rollback: Rollback;
  /**
   * Runs one step: recorded as running before, as done or failed after, both durable.
   * Throws CancelledError before it starts when the operation has been cancelled.
   */
  step<T>(name: string, title: string, body: (step: StepContext) => Promise<T>): Promise<T>;
  /** Remark for the user that is no failure; kept with the operation. */
  warn(message: string): void;
  /** One line of output for whoever watches; not stored. */
  output(line: string): void;
}

export interface StepContext {
  /** Latest remark, shown live. Stored at most once a second. */
  detail(text: string, progress?: number): void;
}

export interface OperationRequest<T> {
  /** `vm.create` */
  readonly kind: string;
  readonly subject: OperationSubject;
  readonly body: (context: OperationContext) => Promise<T>;
}

export interface StartedOperation<T> {
  readonly view: OperationView;
  /** settles with the body's result, or its error after the rollback is through */
  readonly finished: Promise<T>;
}

/** Every multi-step change runs through here: a row with kind, subject, steps and outcome, written as it goes. */
export abstract class OperationRunner {
  /** Records the operation, then runs its body in the background. The row is durable when this resolves. */
  abstract begin<T>(request: OperationRequest<T>): Promise<StartedOperation<T>>;
  abstract get(idOrPrefix: string): Promise<OperationView>;
  abstract list(params: OperationListParams): Promise<OperationView[]>;
  /** First a snapshot, then each change; ends when the operation has ended. A slow consumer loses details, never the end. */
  abstract watch(idOrPrefix: string, signal: AbortSignal): AsyncGenerator<OperationEvent, OperationView>;
  /** Asks it to stop and waits until it is undone. An ended operation is returned as it is. */
  abstract cancel(idOrPrefix: string): Promise<OperationView>;
  /** Whether this daemon is at work on it. */
  abstract isUnderWay(id: string): boolean;
  /** Daemon start: operations that a dead daemon left running become failed with OPERATION_INTERRUPTED. Returns them. */
  abstract markInterrupted(): Promise<OperationView[]>;
  /** Daemon stop: cancels what runs and waits for the undo. */
  abstract close(): Promise<void>;
}
