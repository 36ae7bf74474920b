import type { OperationContext } from '../core/operations/index.js';

/** A step for what has been done already: each thing done is a line of the operation. */
export async function did(
  operation: OperationContext,
  name: string,
  what: string,
  done: string,
): Promise<void> {
  await operation.step(name, what, (step) => Promise.resolve(step.detail(done)));
}
