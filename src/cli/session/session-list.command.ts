import { SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderSession, renderSessions } from './render-session.js';

@SubCommand({
  name: 'list',
  aliases: ['ls'],
  arguments: '[vm]',
  description: 'list the sessions of a VM, or of all',
})
export class VmSessionListCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([vm]: string[]): Promise<void> {
    const params = vm === undefined ? {} : { vm };
    const sessions = await this.connector.with((client) => client.call('session.list', params));
    if (sessions.length === 0 && !this.presenter.json)
      this.presenter.note(`no sessions yet: banger vm session start ${vm ?? 'VM'} -- COMMAND`);
    this.presenter.result(sessions, () =>
      sessions.length === 0 ? '' : renderSessions(sessions, this.presenter),
    );
  }
}

@SubCommand({ name: 'show', arguments: '<session>', description: 'everything about a session' })
export class VmSessionShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([session = '']: string[]): Promise<void> {
    const view = await this.connector.with((client) => client.call('session.get', { session }));
    this.presenter.result(view, () => renderSession(view));
  }
}
