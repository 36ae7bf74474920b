import { SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';

@SubCommand({
  name: 'pull',
  arguments: '[name]',
  description: 'get the kernel of this host’s distribution, with its modules',
  argsDescription: { name: 'name of the kernel (default: debian)' },
})
export class KernelPullCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([name]: string[]): Promise<void> {
    const params = name === undefined ? {} : { name };
    const kernel = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('kernel.pull.begin', params));
      return await client.call('kernel.get', { kernel: operation.subject.name });
    });
    this.presenter.result(kernel, () => `${kernel.name}\n`);
  }
}
