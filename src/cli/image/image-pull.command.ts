import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { CatalogArguments } from './catalog-arguments.js';

interface ImagePullOptions {
  catalog?: string;
  publicKey?: string;
  name?: string;
  force?: boolean;
}

@SubCommand({
  name: 'pull',
  arguments: '<reference>',
  description:
    'get an image from a registry and make it bootable, or from a catalog; nothing to do when the very same is there',
  argsDescription: {
    reference:
      'name of the image as Docker reads it: debian:12, ghcr.io/owner/image:tag; or that in the catalog',
  },
})
export class ImagePullCommand extends BangerCommand<ImagePullOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly catalogs: CatalogArguments,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--name <name>', description: 'its name here (default: the last part of the reference)' })
  parseName(value: string): string {
    return value;
  }

  @Option({
    flags: '--catalog <source>',
    description: 'from a catalog: its name in the configuration, its https address, or its path (./shelf)',
  })
  parseCatalog(value: string): string {
    return value;
  }

  @Option({
    flags: '--public-key <file>',
    description: 'that the catalog has to be signed with: a file, or the key',
  })
  parsePublicKey(value: string): string {
    return value;
  }

  @Option({ flags: '-f, --force', description: 'even when it is there, or its name is another image’s' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute([reference = '']: string[], options: ImagePullOptions): Promise<void> {
    const { catalog, publicKey, ...others } = options;
    if (catalog === undefined && publicKey !== undefined)
      throw new UsageError('--public-key is for catalogs', 'name one: --catalog SOURCE');
    const from = catalog !== undefined && (await this.catalogs.of(catalog, publicKey));
    const params = { reference, ...others, ...from };
    const image = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('image.pull.begin', params));
      return await client.call('image.get', { image: operation.subject.name });
    });
    this.presenter.result(image, () => `${image.name}\n`);
  }
}
