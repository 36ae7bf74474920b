import { SubCommand } from 'nest-commander';
import { sshSettings } from '../../contract/ssh-settings.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Program } from '../io/program.js';
import { Presenter } from '../render/presenter.js';

@SubCommand({
  name: 'ssh',
  arguments: '<vm>',
  description: 'open an SSH connection to a VM with the system’s ssh',
})
export class VmSshCommand extends BangerCommand {
  protected override readonly takesPassthrough = true;

  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly program: Program,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command.usage('[options] VM [-- ARGUMENTS…]'));
    command.addHelpText('after', '\nWhat follows -- goes to ssh: banger vm ssh web -- -L 8080:localhost:80');
    return this;
  }

  protected override async execute([vm = '']: string[]): Promise<void> {
    const target = await this.connector.with((client) => client.call('vm.ssh', { vm }));
    if (this.presenter.json) {
      this.presenter.result(target, () => '');
      return;
    }
    await this.program.become('ssh', [
      ...sshSettings(target).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      `${target.user}@${target.host}`,
      ...(this.invocation.passthrough ?? []),
    ]);
  }
}
