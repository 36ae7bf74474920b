import { Option, SubCommand } from 'nest-commander';
import { DEFAULT_IMAGE } from '../../contract/names.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { parseCount, parseMib } from '../command/parse.js';
import { shapeParams } from '../command/shape-options.js';
import type { ShapeOptions } from '../command/shape-options.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';

interface ImageWarmOptions extends ShapeOptions {
  force?: boolean;
}

@SubCommand({
  name: 'warm',
  arguments: '[image]',
  description: 'make a template of an image ahead, so that VMs start from it',
  argsDescription: { image: 'image that the VMs will start from (default: debian)' },
})
export class ImageWarmCommand extends BangerCommand<ImageWarmOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--cpus <count>', description: 'virtual CPUs of those VMs' })
  parseCpus(value: string): number {
    return parseCount('--cpus', value);
  }

  @Option({ flags: '--memory <size>', description: 'their memory: 512m, 2g, or a number of MiB' })
  parseMemory(value: string): number {
    return parseMib('--memory', value);
  }

  @Option({ flags: '--disk <size>', description: 'size of their disk: 10g, or a number of MiB' })
  parseDisk(value: string): number {
    return parseMib('--disk', value);
  }

  @Option({ flags: '--work-disk <size>', description: 'size of their disk for /root: 10g' })
  parseWorkDisk(value: string): number {
    return parseMib('--work-disk', value);
  }

  @Option({ flags: '-f, --force', description: 'make it anew even when there is one' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute(
    [image = DEFAULT_IMAGE]: string[],
    options: ImageWarmOptions,
  ): Promise<void> {
    const params = { image, ...shapeParams(options), ...(options.force && { force: true }) };
    const details = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('image.warm.begin', params));
      return await client.call('image.get', { image: operation.subject.id });
    });
    this.presenter.result(details, () => `${details.name}\n`);
  }
}
