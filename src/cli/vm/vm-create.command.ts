import { SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { VmCreateBase } from './vm-options.js';
import type { VmCreateOptions } from './vm-options.js';

@SubCommand({
  name: 'create',
  arguments: '[path]',
  description: 'create and start a VM, with the git repository at PATH in it',
  argsDescription: { path: 'git repository to copy into the VM; none when left out' },
})
export class VmCreateCommand extends VmCreateBase<VmCreateOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([path]: string[], options: VmCreateOptions): Promise<void> {
    const params = this.createParams(path, options);
    const vm = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('vm.create.begin', params));
      return await client.call('vm.get', { vm: operation.subject.id });
    });
    this.presenter.result(vm, () => `${vm.name}\n`);
  }
}
