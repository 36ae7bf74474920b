import type { FailureView, OperationStepView, OperationView } from '../../contract/index.js';
import type { OperationState, StepState } from '../../contract/operation.dto.js';
import type { Prisma } from '../database/index.js';

export const WITH_STEPS = { steps: { orderBy: { index: 'asc' } } } satisfies Prisma.OperationInclude;
type OperationRow = Prisma.OperationGetPayload<{ include: typeof WITH_STEPS }>;
type StepRow = OperationRow['steps'][number];

/*
 * The casts below are from columns that only this folder writes: JSON that was a view, and texts that were one of
 * the contract's states.
 */

export function toOperationView(row: OperationRow): OperationView {
  return {
    id: row.id,
    kind: row.kind,
    subject: {
      type: row.subjectType as OperationView['subject']['type'],
      id: row.subjectId,
      name: row.subjectName,
    },
    state: row.state as OperationState,
    steps: row.steps.map(toStepView),
    ...(row.error !== null && { error: row.error as unknown as FailureView }),
    warnings: row.warnings as string[],
    createdAt: row.createdAt.toISOString(),
    ...(row.finishedAt !== null && { finishedAt: row.finishedAt.toISOString() }),
    ...(row.ref !== null && { ref: row.ref }),
  };
}

function toStepView(row: StepRow): OperationStepView {
  return {
    index: row.index,
    name: row.name,
    title: row.title,
    state: row.state as StepState,
    startedAt: row.startedAt.toISOString(),
    ...(row.finishedAt !== null && { finishedAt: row.finishedAt.toISOString() }),
    ...(row.detail !== null && { detail: row.detail }),
    ...(row.progress !== null && { progress: row.progress }),
  };
}

/** What an UPDATE of a step may change. */
export function toStepChange(step: OperationStepView): Prisma.OperationStepUncheckedUpdateInput {
  return {
    state: step.state,
    finishedAt: step.finishedAt ?? null,
    detail: step.detail ?? null,
    progress: step.progress ?? null,
  };
}

/** Details that JSON cannot hold must not keep the outcome of an operation from being written. */
export function toJson(error: FailureView): Prisma.InputJsonObject {
  const text = JSON.stringify(error, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return JSON.parse(text) as Prisma.InputJsonObject;
}
