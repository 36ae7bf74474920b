import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { RecipeSender } from './recipe-sender.js';

interface ImageBuildOptions {
  force?: boolean;
  /** false: --no-cache */
  cache?: boolean;
  recipe?: string;
}

@SubCommand({
  name: 'build',
  arguments: '[name]',
  description: 'build an image from a recipe; nothing to do when it is up to date',
  argsDescription: {
    name: 'name of the image, of a ready recipe (agent, debian, docker, node, python), or path of a recipe (default: debian)',
  },
})
export class ImageBuildCommand extends BangerCommand<ImageBuildOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
    private readonly recipes: RecipeSender,
  ) {
    super(invocation);
  }

  @Option({ flags: '--recipe <recipe>', description: 'recipe to follow: a file, or the name of a ready one' })
  parseRecipe(value: string): string {
    return value;
  }

  @Option({ flags: '-f, --force', description: 'build even when it is up to date, and everything anew' })
  parseForce(): boolean {
    return true;
  }

  @Option({
    flags: '--no-cache',
    description: 'build even when it is up to date, and run all steps of the recipe',
  })
  parseNoCache(): boolean {
    return false;
  }

  protected override async execute([name]: string[], options: ImageBuildOptions): Promise<void> {
    const { force, cache, recipe } = options;
    const image = await this.connector.with(async (client) => {
      const params = {
        ...(await this.recipes.gather(client, name, recipe)),
        ...(force && { force }),
        ...(cache === false && { noCache: true }),
      };
      const operation = await this.follower.run(client, () => client.call('image.build.begin', params));
      return await client.call('image.get', { image: operation.subject.name });
    });
    this.presenter.result(image, () => `${image.name}\n`);
  }
}
