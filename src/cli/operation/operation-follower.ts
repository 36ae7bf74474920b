import { Injectable } from '@nestjs/common';
import type { OperationEvent, OperationView } from '../../contract/operation.dto.js';
import { CancelledError, toBangerError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import type { RpcClient } from '../client/rpc.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { OperationFailure } from '../render/operation-errors.js';
import { Presenter } from '../render/presenter.js';
import { createStepsView } from './create-steps-view.js';
import { CANCEL_EXIT_CODE, Interruption } from './interruption.js';
import { SeveralOperations } from './several-operations.js';
import { sideBySide } from '../../core/side-by-side.js';
import type { StepsView } from './steps-view.js';

/** Things that one command works on at the same time: more would only take the host's CPUs from one another. */
const AT_ONCE = 4;

export type Outcome<T> = { readonly value: T } | { readonly error: BangerError };

/** What a command over several things calls: the operations behind its calls are followed. */
export type FollowedClient = Pick<RpcClient, 'call'>;

/** Begins an operation, shows its steps, and cancels it on Ctrl-C. */
@Injectable()
export class OperationFollower {
  constructor(
    readonly invocation: Invocation,
    readonly terminal: Terminal,
    readonly presenter: Presenter,
  ) {}

  /**
   * Follows the operation to its end. The first Ctrl-C cancels it and waits for the undo, the second ends banger.
   * @throws OperationFailure, CancelledError
   */
  async run(client: RpcClient, begin: () => Promise<OperationView>, indent = ''): Promise<OperationView> {
    const view = createStepsView(this, indent);
    const interruption = new Interruption(this.terminal, view);
    try {
      const begun = await begin();
      interruption.add(() => client.call('operation.cancel', { operation: begun.id }));
      const ended = await this.watchQuietly(client, begun.id, view);
      return this.check(ended);
    } finally {
      interruption.stop();
      view.end(undefined);
    }
  }

  /**
   * Does the same to each name, some of them side by side, and shows the operations that this begins. The first Ctrl-C
   * cancels those under way, and the rest is not begun. Outcomes in the order of the names.
   */
  async each<T>(
    client: RpcClient,
    names: readonly string[],
    perform: (client: FollowedClient, name: string) => Promise<T>,
  ): Promise<Outcome<T>[]> {
    const view = createStepsView(this);
    const board = new SeveralOperations(view, names.length > 1);
    const interruption = new Interruption(this.terminal, view);
    const warnings: string[] = [];
    const follow = (name: string, event: OperationEvent): void => {
      const { operation, snapshot } = event;
      board.event(name, event);
      if (operation === undefined || snapshot === undefined) return;
      if (snapshot.state === 'running')
        interruption.add(() => client.call('operation.cancel', { operation }));
      else warnings.push(...snapshot.warnings.map((text) => (names.length > 1 ? `${name}: ${text}` : text)));
    };
    try {
      return await sideBySide(names, AT_ONCE, async (name): Promise<Outcome<T>> => {
        const call: RpcClient['call'] = (method, params, options) =>
          client.call(method, params, { ...options, onProgress: (event) => follow(name, event) });
        try {
          if (interruption.requested) throw new CancelledError(`the work on ${name}, which had not begun,`);
          return { value: await perform({ call }, name) };
        } catch (error) {
          return { error: toBangerError(error, name) };
        }
      });
    } finally {
      interruption.stop();
      view.end(undefined);
      for (const warning of warnings) this.presenter.warn(warning);
    }
  }

  /**
   * Shows an operation that someone else began; Ctrl-C only stops watching.
   * @param onEvent gets the events instead of a view
   */
  async watch(
    client: RpcClient,
    operation: string,
    onEvent?: (event: OperationEvent) => void,
  ): Promise<OperationView> {
    const view =
      onEvent === undefined ? createStepsView(this) : { event: onEvent, message: ignore, end: ignore };
    const stop = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      view.end(undefined);
      this.terminal.exitNow(CANCEL_EXIT_CODE);
    });
    try {
      return await this.watchQuietly(client, operation, view);
    } finally {
      stop();
      view.end(undefined);
    }
  }

  /** @throws OperationFailure, CancelledError when the operation did not succeed */
  check(operation: OperationView): OperationView {
    for (const warning of operation.warnings) this.presenter.warn(warning);
    if (operation.state === 'succeeded') return operation;
    if (operation.error !== undefined && operation.state === 'failed')
      throw new OperationFailure(operation.error);
    throw new CancelledError(`${operation.kind} of ${operation.subject.name}`);
  }

  private async watchQuietly(client: RpcClient, operation: string, view: StepsView): Promise<OperationView> {
    return await client.stream('operation.watch', { operation }, { onValue: (event) => view.event(event) });
  }
}

function ignore(): void {}
