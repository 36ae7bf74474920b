import { Injectable } from '@nestjs/common';
import type { OperationListParams, OperationStepView, OperationView } from '../../contract/index.js';
import { OPERATION_STATES } from '../../contract/operation.dto.js';
import { Database, Prisma } from '../database/index.js';
import {
  OperationAmbiguousError,
  OperationInterruptedError,
  OperationNotFoundError,
} from './operation-errors.js';
import { toJson, toOperationView, toStepChange, WITH_STEPS } from './operation-rows.js';

/** Ended operations that are kept, newest first. */
export const ENDED_OPERATIONS_KEPT = 1000;
/** SQLite's way to say no limit */
const ALL = -1;

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
    return this.#read(await this.#newestFirst(state === undefined ? [] : [state], limit ?? 50));
  }

  /** Ends the operations that are running according to their rows, except those given. */
  async interrupt(except: readonly string[]): Promise<OperationView[]> {
    const running = await this.#newestFirst(['running'], ALL);
    const views = await this.#read(running.filter((id) => !except.includes(id)));
    const finishedAt = new Date().toISOString();
    const ended = views.map((view) => asInterrupted(view, finishedAt));
    for (const view of ended) {
      const stepsChanged = view.steps.filter((step) => step.finishedAt === finishedAt);
      await this.end(view, stepsChanged);
    }
    return ended;
  }

  /** Forgets the oldest ended operations. */
  async prune(kept: number = ENDED_OPERATIONS_KEPT): Promise<void> {
    const ended = OPERATION_STATES.filter((state) => state !== 'running');
    const surplus = await this.#newestFirst(ended, 500, kept);
    if (surplus.length === 0) return;
    await this.database.client.operation.deleteMany({ where: { id: { in: surplus } } });
  }

  /**
   * Ids in the order in which SQLite got the rows. By the time they bear, a clock that was set back would make the
   * operations after it the oldest, and the first to be forgotten.
   * @param states all when empty
   */
  async #newestFirst(states: readonly string[], limit: number, skip = 0): Promise<string[]> {
    const filter = states.length === 0 ? Prisma.empty : Prisma.sql`WHERE state IN (${Prisma.join(states)})`;
    const rows = await this.database.client.$queryRaw<{ id: string }[]>`
      SELECT id FROM Operation ${filter} ORDER BY rowid DESC LIMIT ${limit} OFFSET ${skip}`;
    return rows.map(({ id }) => id);
  }

  /** In the order of the ids. */
  async #read(ids: readonly string[]): Promise<OperationView[]> {
    const rows = await this.database.client.operation.findMany({
      where: { id: { in: [...ids] } },
      include: WITH_STEPS,
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []).map(toOperationView);
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
