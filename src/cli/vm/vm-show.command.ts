import { SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderVm } from './render-vm.js';

@SubCommand({ name: 'show', arguments: '<vm>', description: 'everything about one VM' })
export class VmShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([name = '']: string[]): Promise<void> {
    const vm = await this.connector.with((client) => client.call('vm.get', { vm: name }));
    this.presenter.result(vm, () => renderVm(vm));
  }
}
