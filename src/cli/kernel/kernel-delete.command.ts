import { SubCommand } from 'nest-commander';
import type { KernelView } from '../../contract/kernel.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { EachCommand } from '../command/each-command.js';
import { Invocation } from '../invocation.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';

@SubCommand({
  name: 'delete',
  aliases: ['rm'],
  arguments: '<kernel...>',
  description: 'delete kernels that no image has',
})
export class KernelDeleteCommand extends EachCommand<KernelView> {
  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  protected override async perform(client: FollowedClient, kernel: string): Promise<KernelView> {
    return await client.call('kernel.delete', { kernel });
  }
}
