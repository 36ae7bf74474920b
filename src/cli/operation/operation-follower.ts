import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/operation.dto.js';
import { CancelledError } from '../../core/errors/index.js';
import type { RpcClient } from '../client/rpc.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { OperationFailure } from '../render/operation-errors.js';
import { Presenter } from '../render/presenter.js';
import { LiveSteps } from './live-steps.js';
import { PlainSteps } from './plain-steps.js';
import { SilentSteps } from './steps-view.js';
import type { StepsView } from './steps-view.js';

const CANCEL_EXIT_CODE = 130;

/** Begins an operation, shows its steps, and cancels it on Ctrl-C. */
@Injectable()
export class OperationFollower {
  constructor(
    private readonly invocation: Invocation,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
  ) {}

  /**
   * Follows the operation to its end. The first Ctrl-C cancels it and waits for the undo, the second ends banger.
   * @throws OperationFailure, CancelledError
   */
  async run(client: RpcClient, begin: () => Promise<OperationView>, indent = ''): Promise<OperationView> {
    const view = this.createView(indent);
    const interruption = this.watchForInterrupt(view);
    try {
      const begun = await begin();
      interruption.setCancel(() => client.call('operation.cancel', { operation: begun.id }));
      const ended = await this.watchQuietly(client, begun.id, view);
      return this.check(ended);
    } finally {
      interruption.stop();
      view.end(undefined);
    }
  }

  /** Shows an operation that someone else began; Ctrl-C only stops watching. */
  async watch(client: RpcClient, operation: string): Promise<OperationView> {
    const view = this.createView('');
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

  private createView(indent: string): StepsView {
    const { quiet, verbose } = this.invocation.flags;
    if (quiet) return new SilentSteps();
    const write = (text: string): void => this.terminal.err(text);
    if (!this.terminal.stderrIsTty || this.invocation.facts.env['TERM'] === 'dumb') {
      return new PlainSteps((text) => write(indent + text), verbose);
    }
    return new LiveSteps({
      write,
      columns: () => this.terminal.dimensions().columns,
      style: this.presenter.errStyle,
      indent,
    });
  }

  private watchForInterrupt(view: StepsView): {
    setCancel(cancel: () => Promise<unknown>): void;
    stop(): void;
  } {
    let interrupted = false;
    let cancel: (() => Promise<unknown>) | undefined;
    const give = (): void => {
      // the outcome comes with the watch; an operation that is over can no longer be cancelled
      if (interrupted && cancel !== undefined) void cancel().catch(() => undefined);
    };
    const stop = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      if (interrupted) {
        view.end(undefined);
        this.terminal.exitNow(CANCEL_EXIT_CODE);
      }
      interrupted = true;
      view.message('cancelling and cleaning up (again to leave at once)');
      give();
    });
    return {
      setCancel: (action) => {
        cancel = action;
        give();
      },
      stop,
    };
  }
}
