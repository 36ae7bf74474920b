import { Option, SubCommand } from 'nest-commander';
import type { VmView } from '../../contract/vm.dto.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { EachCommand } from '../command/each-command.js';
import { Invocation } from '../invocation.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';

interface VmDeleteOptions {
  force?: boolean;
}

@SubCommand({
  name: 'delete',
  aliases: ['rm'],
  arguments: '<vm...>',
  description: 'delete VMs and everything that belongs to them',
})
export class VmDeleteCommand extends EachCommand<VmView, VmDeleteOptions> {
  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  @Option({ flags: '-f, --force', description: 'delete even those that run' })
  parseForce(): boolean {
    return true;
  }

  protected override async perform(
    client: FollowedClient,
    vm: string,
    options: VmDeleteOptions,
  ): Promise<VmView> {
    return await client.call('vm.delete', { vm, ...(options.force && { force: true }) });
  }
}
