import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';

interface ImagePromoteOptions {
  force?: boolean;
  clearHistory?: boolean;
}

@SubCommand({
  name: 'promote',
  arguments: '<vm> <name>',
  description: 'make an image of what a stopped VM has become',
  argsDescription: {
    vm: 'VM, which stays as it is: name, id or unique id prefix',
    name: 'name of the new image',
  },
})
export class ImagePromoteCommand extends BangerCommand<ImagePromoteOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '-f, --force', description: 'take the name of an image that is there' })
  parseForce(): boolean {
    return true;
  }

  @Option({ flags: '--clear-history', description: 'leave out what was typed in it: histories of shells' })
  parseClearHistory(): boolean {
    return true;
  }

  protected override async execute(
    [vm = '', name = '']: string[],
    { force, clearHistory }: ImagePromoteOptions,
  ): Promise<void> {
    const params = { vm, name, ...(force && { force }), ...(clearHistory && { clearHistory }) };
    const image = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('image.promote.begin', params));
      return await client.call('image.get', { image: operation.subject.id });
    });
    this.presenter.result(image, () => `${image.name}\n`);
  }
}
