import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderStatus } from './render-status.js';

interface StatusOptions {
  at?: string;
}

@SubCommand({
  name: 'status',
  arguments: '<vm>',
  description: 'what was done in the repository of a VM, and on the host meanwhile',
})
export class WorkspaceStatusCommand extends BangerCommand<StatusOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', STATUS_HELP);
    return this;
  }

  @Option({ flags: '--at <directory>', description: 'which of its repositories, where it has several' })
  parseAt(value: string): string {
    return value;
  }

  protected override async execute([vm = '']: string[], { at }: StatusOptions): Promise<void> {
    const params = { vm, ...(at !== undefined && { at }) };
    const status = await this.connector.with((client) => client.call('workspace.status', params));
    this.presenter.result(status, () => renderStatus(status, this.presenter.outStyle));
  }
}

const STATUS_HELP = `
Examples:
  banger workspace status web              the only repository of web
  banger workspace status web --at shop    that in /root/shop, where it has several

Files are compared with what was imported: A added, M modified, D deleted, T of another type, U in conflict.`;
