import { Command, Option, SubCommand } from 'nest-commander';
import type { HelloView } from '../../contract/system.dto.js';
import { Config } from '../../core/config/index.js';
import { BangerError, isKind } from '../../core/errors/index.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { GroupCommand } from '../command/group-command.js';
import { parseCount } from '../command/parse.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts } from '../render/table.js';
import { formatAge } from '../render/text.js';
import { DaemonLog } from './daemon-log.js';
import { DaemonStopper } from './daemon-stopper.js';
import { renderLogLine } from './render-log.js';

const DEFAULT_LINES = 50;

@SubCommand({ name: 'start', description: 'start the daemon; nothing to do when it runs' })
export class DaemonStartCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const hello = await this.hello().catch((error: unknown) => {
      // one that was on its end has still taken the connection: now another can be started
      if (isKind(error, 'CONNECTION_LOST')) return this.hello();
      throw error;
    });
    this.presenter.result(hello, () => `the daemon runs (pid ${hello.pid}, version ${hello.version})\n`);
  }

  private hello(): Promise<HelloView> {
    return this.connector.with((client) => client.call('system.hello', {}));
  }
}

@SubCommand({ name: 'stop', description: 'stop the daemon; running VMs go on' })
export class DaemonStopCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly stopper: DaemonStopper,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const client = await this.connector.connectIfRunning();
    if (client === undefined) {
      this.presenter.result({ pid: null }, () => 'the daemon does not run\n');
      return;
    }
    const stopped = await this.stopper.stop(client);
    this.presenter.result(stopped, () => `the daemon has stopped (pid ${stopped.pid})\n`);
  }
}

@SubCommand({ name: 'status', description: 'whether the daemon runs; exit status 7 when it does not' })
export class DaemonStatusCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const client = await this.connector.connectIfRunning();
    if (client === undefined) {
      const { socketPath } = this.connector;
      throw new BangerError('DAEMON_UNREACHABLE', 'the daemon does not run', {
        details: { socket: socketPath },
        why: `nothing answers on ${socketPath}`,
        fix: 'start it: banger daemon start (every command that needs it does so by itself)',
      });
    }
    const hello = await client.call('system.hello', {});
    await client.close();
    this.presenter.result(hello, () =>
      renderFacts([
        ['daemon', 'running'],
        ['version', hello.version],
        ['pid', String(hello.pid)],
        ['up for', formatAge(Date.now() - Date.parse(hello.startedAt))],
        ['mode', hello.mode],
        ['socket', this.connector.socketPath],
        ['state', hello.stateDirectory],
      ]),
    );
  }
}

interface DaemonLogsOptions {
  follow?: boolean;
  lines?: number;
}

@SubCommand({ name: 'logs', description: 'the daemon’s log; JSON lines as written with --json' })
export class DaemonLogsCommand extends BangerCommand<DaemonLogsOptions> {
  constructor(
    invocation: Invocation,
    private readonly config: Config,
    private readonly log: DaemonLog,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '-f, --follow', description: 'go on with what is written from now on' })
  parseFollow(): boolean {
    return true;
  }

  @Option({
    flags: '-n, --lines <count>',
    description: `begin with the last so many lines (default: ${DEFAULT_LINES})`,
  })
  parseLines(value: string): number {
    return parseCount('--lines', value);
  }

  protected override async execute(_: string[], options: DaemonLogsOptions): Promise<void> {
    const path = this.config.logPath;
    const lines = options.lines ?? DEFAULT_LINES;
    const print = (line: string): void =>
      this.terminal.out(`${this.presenter.json ? line : renderLogLine(line, this.presenter.outStyle)}\n`);
    if (!options.follow) {
      const tail = await this.log.tail(path, lines);
      if (tail.length === 0) this.presenter.note(`nothing in ${path} yet`);
      tail.forEach(print);
      return;
    }
    const stopping = new AbortController();
    const stop = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => stopping.abort());
    void this.terminal.stdoutClosed.then(() => stopping.abort());
    for await (const line of this.log.follow(path, lines, stopping.signal)) print(line);
    stop();
  }
}

export const DAEMON_COMMANDS = [
  DaemonStartCommand,
  DaemonStopCommand,
  DaemonStatusCommand,
  DaemonLogsCommand,
];

@Command({
  name: 'daemon',
  description: 'the background process that owns the VMs',
  subCommands: DAEMON_COMMANDS,
})
export class DaemonGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
