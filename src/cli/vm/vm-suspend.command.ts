import { SubCommand } from 'nest-commander';
import type { VmView } from '../../contract/vm.dto.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { EachCommand } from '../command/each-command.js';
import { Invocation } from '../invocation.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';

@SubCommand({
  name: 'suspend',
  arguments: '<vm...>',
  description: 'put what VMs have in memory on the disk, until they are resumed or used',
})
export class VmSuspendCommand extends EachCommand<VmView> {
  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  protected override async perform(client: FollowedClient, vm: string): Promise<VmView> {
    return await client.call('vm.suspend', { vm });
  }
}
