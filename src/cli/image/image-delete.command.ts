import { SubCommand } from 'nest-commander';
import type { ImageView } from '../../contract/image.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { EachCommand } from '../command/each-command.js';
import { Invocation } from '../invocation.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';

@SubCommand({
  name: 'delete',
  aliases: ['rm'],
  arguments: '<image...>',
  description: 'delete images that no VM uses',
})
export class ImageDeleteCommand extends EachCommand<ImageView> {
  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  protected override async perform(client: FollowedClient, image: string): Promise<ImageView> {
    return await client.call('image.delete', { image });
  }
}
