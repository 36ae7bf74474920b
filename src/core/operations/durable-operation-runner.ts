import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import type {
  FailureView,
  OperationEvent,
  OperationListParams,
  OperationView,
} from '../../contract/index.js';
import { CancelledError, toBangerError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { newId } from '../ids.js';
import { OperationRelay } from '../operation-relay.js';
import { currentRef, LOGGER, runWithRef } from '../logging/index.js';
import { LiveOperation } from './live-operation.js';
import { OperationBody } from './operation-body.js';
import { DaemonStoppingError } from './operation-errors.js';
import { OperationRunner } from './operation-runner.js';
import type { OperationRequest, StartedOperation } from './operation-runner.js';
import { OperationStore } from './operation-store.js';

interface Running {
  readonly live: LiveOperation;
  readonly body: OperationBody;
  /** resolves when the outcome is durable, whatever it is */
  readonly settled: Promise<void>;
}

@Injectable()
export class DurableOperationRunner extends OperationRunner implements OnModuleDestroy {
  readonly #running = new Map<string, Running>();
  #closing = false;

  constructor(
    private readonly store: OperationStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  override async begin<T>(request: OperationRequest<T>): Promise<StartedOperation<T>> {
    const live = new LiveOperation(newView(request));
    if (this.#closing) throw new DaemonStoppingError(live.what);
    await this.store.create(live.view);
    const body = new OperationBody(live, this.store, this.logger);
    // Close may have come while the row was written; the body then meets an aborted signal.
    if (this.#closing) body.abort(new DaemonStoppingError(live.what));
    const finished = runWithRef(live.ref, () => this.#run(request, live, body));
    // The row keeps the failure; whoever does not wait for it must not end the daemon.
    const settled = finished.then(ignore, ignore);
    this.#running.set(live.id, { live, body, settled });
    OperationRelay.current?.follow(live);
    return { view: live.view, finished };
  }

  override async get(idOrPrefix: string): Promise<OperationView> {
    const stored = await this.store.get(idOrPrefix);
    return this.#running.get(stored.id)?.live.view ?? stored;
  }

  override async list(params: OperationListParams): Promise<OperationView[]> {
    const stored = await this.store.list(params);
    return stored.map((view) => this.#running.get(view.id)?.live.view ?? view);
  }

  override async *watch(
    idOrPrefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<OperationEvent, OperationView> {
    const stored = await this.store.get(idOrPrefix);
    const live = this.#running.get(stored.id)?.live;
    if (live === undefined) {
      // It may have ended since the row was read.
      const ended = stored.state === 'running' ? await this.store.get(stored.id) : stored;
      yield { snapshot: ended };
      return ended;
    }
    const { snapshot, queue, unwatch } = live.watch();
    try {
      yield { snapshot };
      for (let event = await queue.next(signal); event !== undefined; event = await queue.next(signal))
        yield event;
      return live.view;
    } finally {
      unwatch();
    }
  }

  override async cancel(idOrPrefix: string): Promise<OperationView> {
    const { id } = await this.store.get(idOrPrefix);
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.body.abort(new CancelledError(running.live.what));
      await running.settled;
    }
    return this.store.get(id);
  }

  override isUnderWay(id: string): boolean {
    return this.#running.has(id);
  }

  override markInterrupted(): Promise<OperationView[]> {
    return this.store.interrupt([...this.#running.keys()]);
  }

  override async close(): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    for (const { body, live } of running) body.abort(new DaemonStoppingError(live.what));
    await Promise.all(running.map(({ settled }) => settled));
  }

  onModuleDestroy(): Promise<void> {
    return this.close();
  }

  async #run<T>(request: OperationRequest<T>, live: LiveOperation, body: OperationBody): Promise<T> {
    const facts = { operation: live.id, subject: request.subject.id };
    this.logger.info(facts, `${live.what} began`);
    try {
      const result = await request.body(body);
      await body.idle();
      await this.store.end(...outcome(live, 'succeeded'));
      body.rollback.commit();
      this.logger.info(facts, `${live.what} succeeded`);
      return result;
    } catch (error) {
      const failure = await this.#fail(error, live, body);
      throw failure;
    } finally {
      this.#running.delete(live.id);
      live.close();
      await this.store.prune().catch(this.#writeFailed);
    }
  }

  /** Undoes, records and logs: the one place where the failure of an operation is logged. */
  async #fail(thrown: unknown, live: LiveOperation, body: OperationBody): Promise<BangerError> {
    const cancelled = body.signal.aborted;
    // What fails after a cancellation mostly fails because of it.
    const failure = toBangerError(cancelled ? body.signal.reason : thrown, live.what);
    const level = failure.kind === 'INTERNAL' ? 'error' : 'info';
    this.logger[level]({ operation: live.id, kind: failure.kind, err: thrown }, `${live.what} failed`);
    // Steps that run beside the one that failed stop as well, before anything is undone.
    body.abort(failure);
    await body.idle();
    await body.undo().catch(this.#writeFailed);
    await body.idle();
    const state = cancelled ? 'cancelled' : 'failed';
    await this.store.end(...outcome(live, state, errorView(failure, live.ref))).catch(this.#writeFailed);
    return failure;
  }

  readonly #writeFailed = (error: unknown): void => {
    this.logger.error({ err: error }, 'could not record an operation');
  };
}

function newView({ kind, subject }: OperationRequest<unknown>): OperationView {
  const ref = currentRef();
  return {
    id: newId('op'),
    kind,
    subject,
    state: 'running',
    steps: [],
    warnings: [],
    createdAt: new Date().toISOString(),
    ...(ref !== undefined && { ref }),
  };
}

function outcome(
  live: LiveOperation,
  ...how: Parameters<LiveOperation['finish']>
): Parameters<OperationStore['end']> {
  const stepsChanged = live.finish(...how);
  return [live.view, stepsChanged];
}

/** The message of a defect is for the log alone. */
function errorView(failure: BangerError, ref: string): FailureView {
  return {
    message: failure.kind === 'INTERNAL' ? 'internal error' : failure.message,
    data: failure.toData(ref),
  };
}

function ignore(): void {}
