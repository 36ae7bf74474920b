import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';

interface ImageBuildOptions {
  force?: boolean;
}

@SubCommand({
  name: 'build',
  arguments: '[name]',
  description: 'build an image; nothing to do when it is up to date',
  argsDescription: { name: 'name of the image (default: debian)' },
})
export class ImageBuildCommand extends BangerCommand<ImageBuildOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '-f, --force', description: 'build even when it is up to date' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute([name]: string[], options: ImageBuildOptions): Promise<void> {
    const params = { ...(name !== undefined && { name }), ...(options.force && { force: true }) };
    const image = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('image.build.begin', params));
      return await client.call('image.get', { image: operation.subject.name });
    });
    this.presenter.result(image, () => `${image.name}\n`);
  }
}
