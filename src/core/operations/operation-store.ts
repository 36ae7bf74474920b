import { Injectable } from '@nestjs/common';
import type { OperationListParams, OperationStepView, OperationView } from '../../contract/index.js';
import { Database } from '../database/index.js';
import type { Prisma } from '../database/index.js';
import {
  OperationAmbiguousError,
  OperationInterruptedError,
  OperationNotFoundError,
} from './operation-errors.js';
import { toJson, toOperationView, toStepChange, WITH_STEPS } from './operation-rows.js';

/** Ended operations that are kept, newest first. */
export const ENDED_OPERATIONS_KEPT = 1000;

const NEWEST_FIRST: Prisma.OperationOrderByWithRelationInput[] = [{ createdAt: 'desc' }, { id: 'desc' }];

/** The operations' rows. Every write is durable when it resolves. */
@Injectable()
export class OperationStore {
  constructor(private readonly database: Database) {}

  async create(view: OperationView): Promise<void> {
    await this.database.client.operation.create({
      data: {
        id: view.id,
        kind: view.kind,
        subjectType: view.subject.type,
        subjectId: view.subject.id,
        subjectName: view.subject.name,
        state: view.state,
        warnings: view.warnings,
        ref: view.ref ?? null,
        createdAt: view.createdAt,
      },
    });
  }

  async createStep(
    operationId: string,
    { name, title, index, state, startedAt }: OperationStepView,
  ): Promise<void> {
    await this.database.client.operationStep.create({
      data: { operationId, name, title, index, state, startedAt },
    });
  }

  async updateStep(operationId: string, step: OperationStepView): Promise<void> {
    await this.database.client.operationStep.update({
      where: { operationId_index: { operationId, index: step.index } },
      data: toStepChange(step),
    });
  }

  async updateWarnings(id: string, warnings: readonly string[]): Promise<void> {
    await this.database.client.operation.update({ where: { id }, data: { warnings: [...warnings] } });
  }

  /** Writes the outcome, and that no step runs any more. */
  async end(view: OperationView, stepsChanged: readonly OperationStepView[]): Promise<void> {
    await this.database.client.operation.update({
      where: { id: view.id },
      data: {
        state: view.state,
        warnings: view.warnings,
        finishedAt: view.finishedAt ?? null,
        ...(view.error !== undefined && { error: toJson(view.error) }),
        steps: {
          // A step whose beginning could not be written is made now.
          upsert: stepsChanged.map((step) => ({
            where: { operationId_index: { operationId: view.id, index: step.index } },
            update: toStepChange(step),
            create: step,
          })),
        },
      },
    });
  }

  /** @throws OperationNotFoundError, OperationAmbiguousError */
  async get(idOrPrefix: string): Promise<OperationView> {
    // A range and no LIKE, in which the `_` of every id stands for any character; `~` sorts after all of an id's.
    const matches = await this.database.client.operation.findMany({
      where: { id: { gte: idOrPrefix, lt: `${idOrPrefix}~` } },
      orderBy: { id: 'asc' },
      take: 5,
      include: WITH_STEPS,
    });
    const [first] = matches;
    if (first === undefined) throw new OperationNotFoundError(idOrPrefix);
    // The exact id sorts before everything that it is a prefix of.
    if (first.id === idOrPrefix || matches.length === 1) return toOperationView(first);
    throw new OperationAmbiguousError(
      idOrPrefix,
      matches.map(({ id }) => id),
    );
  }

  async list({ state, limit }: OperationListParams): Promise<OperationView[]> {
    const rows = await this.database.client.operation.findMany({
      where: state === undefined ? {} : { state },
      orderBy: NEWEST_FIRST,
      take: limit ?? 50,
      include: WITH_STEPS,
    });
    return rows.map(toOperationView);
  }

  /** Ends the operations that are running according to their rows, except those given. */
  async interrupt(except: readonly string[]): Promise<OperationView[]> {
    const where = { state: 'running', id: { notIn: [...except] } };
    const rows = await this.database.client.operation.findMany({
      where,
      orderBy: NEWEST_FIRST,
      include: WITH_STEPS,
    });
    const finishedAt = new Date().toISOString();
    const ended = rows.map(toOperationView).map((view) => asInterrupted(view, finishedAt));
    for (const view of ended) {
      const stepsChanged = view.steps.filter((step) => step.finishedAt === finishedAt);
      await this.end(view, stepsChanged);
    }
    return ended;
  }

  /** Forgets the oldest ended operations. */
  async prune(kept: number = ENDED_OPERATIONS_KEPT): Promise<void> {
    const { client } = this.database;
    const where = { state: { not: 'running' } };
    const surplus = await client.operation.findMany({
      where,
      orderBy: NEWEST_FIRST,
      skip: kept,
      take: 500,
      select: { id: true },
    });
    if (surplus.length === 0) return;
    await client.operation.deleteMany({ where: { id: { in: surplus.map(({ id }) => id) } } });
  }
}

function asInterrupted(view: OperationView, finishedAt: string): OperationView {
  const error = new OperationInterruptedError(view.id, `${view.kind} of ${view.subject.name}`);
  view.state = 'failed';
  view.finishedAt = finishedAt;
  view.error = { message: error.message, data: error.toData(view.ref) };
  for (const step of view.steps)
    if (step.state === 'running') Object.assign(step, { state: 'failed', finishedAt });
  return view;
}
