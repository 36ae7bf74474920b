import { Option, SubCommand } from 'nest-commander';
import type { SessionView } from '../../contract/session.dto.js';
import { isKind } from '../../core/errors/index.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import type { RpcClient } from '../client/rpc.js';
import { BangerCommand } from '../command/banger-command.js';
import { parseDuration } from '../command/parse.js';
import { exitCodeOfGuest } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { outcomeOf, refOf } from './render-session.js';

/** what wait ends with when the session's own status is not known, as where banger itself fails */
const UNKNOWN_STATUS = 125;

abstract class SessionEndCommand<Options extends object = object> extends BangerCommand<Options> {
  protected constructor(
    invocation: Invocation,
    protected readonly connector: DaemonConnector,
    protected readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected show(session: SessionView): void {
    this.presenter.result(session, () => `${refOf(session)}: ${outcomeOf(session)}\n`);
  }
}

@SubCommand({
  name: 'signal',
  arguments: '<session> <signal>',
  description: 'send a session a signal: INT, TERM, USR1, …',
})
export class VmSessionSignalCommand extends SessionEndCommand {
  constructor(invocation: Invocation, connector: DaemonConnector, presenter: Presenter) {
    super(invocation, connector, presenter);
  }

  protected override async execute([session = '', signal = '']: string[]): Promise<void> {
    const params = { session, signal: signal.toUpperCase() };
    this.show(await this.connector.with((client) => client.call('session.signal', params)));
  }
}

interface StopOptions {
  timeout?: number;
}

@SubCommand({
  name: 'stop',
  arguments: '<session>',
  description: 'end a session: TERM, and KILL when it does not obey in time',
})
export class VmSessionStopCommand extends SessionEndCommand<StopOptions> {
  constructor(invocation: Invocation, connector: DaemonConnector, presenter: Presenter) {
    super(invocation, connector, presenter);
  }

  @Option({ flags: '--timeout <duration>', description: 'until KILL (default: 10s); 0 for at once' })
  parseTimeout(value: string): number {
    return parseDuration('--timeout', value);
  }

  protected override async execute([session = '']: string[], { timeout }: StopOptions): Promise<void> {
    const params = { session, ...(timeout !== undefined && { timeoutSeconds: timeout }) };
    this.show(await this.connector.with((client) => client.call('session.stop', params)));
  }
}

@SubCommand({
  name: 'kill',
  arguments: '<session>',
  description: 'end a session, and all that it has started, at once',
})
export class VmSessionKillCommand extends SessionEndCommand {
  constructor(invocation: Invocation, connector: DaemonConnector, presenter: Presenter) {
    super(invocation, connector, presenter);
  }

  protected override async execute([session = '']: string[]): Promise<void> {
    this.show(await this.connector.with((client) => client.call('session.kill', { session })));
  }
}

@SubCommand({
  name: 'wait',
  arguments: '<session>',
  description: 'wait until a session has ended, and end with its status',
})
export class VmSessionWaitCommand extends SessionEndCommand {
  constructor(invocation: Invocation, connector: DaemonConnector, presenter: Presenter) {
    super(invocation, connector, presenter);
  }

  protected override async execute([session = '']: string[]): Promise<void> {
    this.invocation.guestExitCodes = true;
    const ended = await this.wait(session);
    this.show(ended);
    if (ended.reason !== undefined) this.presenter.note(ended.reason);
    const { exitCode = null, signal = null } = ended;
    const isKnown = exitCode !== null || signal !== null;
    this.invocation.exitCode = isKnown ? exitCodeOfGuest({ exitCode, signal }) : UNKNOWN_STATUS;
  }

  /** A daemon that ends does not end the waiting: the next one knows as much. */
  private async wait(session: string): Promise<SessionView> {
    let lost: unknown;
    for (
      let client: RpcClient | undefined = await this.connector.connect();
      client !== undefined;
      client = await this.connector.comeback()
    ) {
      try {
        return await client.call('session.wait', { session });
      } catch (error) {
        if (!isKind(error, 'CONNECTION_LOST')) throw error;
        lost = error;
      } finally {
        await client.close();
      }
    }
    throw lost;
  }
}

interface DeleteOptions {
  force?: boolean;
}

@SubCommand({
  name: 'delete',
  aliases: ['rm'],
  arguments: '<session>',
  description: 'delete a session that has ended, and what it has written',
})
export class VmSessionDeleteCommand extends SessionEndCommand<DeleteOptions> {
  constructor(invocation: Invocation, connector: DaemonConnector, presenter: Presenter) {
    super(invocation, connector, presenter);
  }

  @Option({ flags: '-f, --force', description: 'also one that runs: it is killed first' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute([session = '']: string[], { force }: DeleteOptions): Promise<void> {
    const params = { session, ...(force && { force: true }) };
    const view = await this.connector.with((client) => client.call('session.delete', params));
    this.presenter.result(view, () => `${refOf(view)}\n`);
  }
}

export const SESSION_END_COMMANDS = [
  VmSessionSignalCommand,
  VmSessionStopCommand,
  VmSessionKillCommand,
  VmSessionWaitCommand,
  VmSessionDeleteCommand,
];
