import { Option, SubCommand } from 'nest-commander';
import type { OperationView } from '../../contract/operation.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import type { RpcClient } from '../client/rpc.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { VmCreateBase } from './vm-options.js';
import type { VmCreateOptions } from './vm-options.js';
import { snapshotCopyParams } from './snapshot/snapshot-copy.js';

export interface VmCreateCommandOptions extends VmCreateOptions {
  fromSnapshot?: string;
}

@SubCommand({
  name: 'create',
  arguments: '[path]',
  description: 'create and start a VM, with the git repository at PATH in it',
  argsDescription: { path: 'git repository to copy into the VM; none when left out' },
})
export class VmCreateCommand extends VmCreateBase<VmCreateCommandOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({
    flags: '--from-snapshot <vm/name>',
    description: 'begin as another VM was at a snapshot: web/before-upgrade',
  })
  parseFromSnapshot(value: string): string {
    return value;
  }

  protected override async execute([path]: string[], options: VmCreateCommandOptions): Promise<void> {
    const begin = this.beginning(path, options);
    const vm = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => begin(client));
      return await client.call('vm.get', { vm: operation.subject.id });
    });
    this.presenter.result(vm, () => `${vm.name}\n`);
  }

  private beginning(
    path: string | undefined,
    options: VmCreateCommandOptions,
  ): (client: RpcClient) => Promise<OperationView> {
    const params = this.createParams(path, options);
    const { fromSnapshot } = options;
    if (fromSnapshot === undefined) return (client) => client.call('vm.create.begin', params);
    const copy = snapshotCopyParams(fromSnapshot, params);
    return (client) => client.call('vm.snapshot.copy.begin', copy);
  }
}
