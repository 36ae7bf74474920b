import { Command, Option, SubCommand } from 'nest-commander';
import type { ImageTemplateView, ImageView } from '../../contract/image.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { EachCommand } from '../command/each-command.js';
import { GroupCommand } from '../command/group-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts, renderTable } from '../render/table.js';
import { escapeControls, formatAge, formatBytes } from '../render/text.js';
import { ImageWarmCommand } from './image-warm.command.js';

@SubCommand({ name: 'list', aliases: ['ls'], description: 'list all images' })
export class ImageListCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const images = await this.connector.with((client) => client.call('image.list', {}));
    if (images.length === 0 && !this.presenter.json)
      this.presenter.note('no images yet; build the default one: banger image build');
    this.presenter.result(images, () => (images.length === 0 ? '' : this.render(images)));
  }

  private render(images: readonly ImageView[]): string {
    const columns = [
      { title: 'NAME', shrinkTo: 8 },
      { title: 'DISTRIBUTION', shrinkTo: 12 },
      { title: 'KERNEL', shrinkTo: 8 },
      { title: 'DISK', align: 'right' as const },
      { title: 'ON HOST', align: 'right' as const },
      { title: 'AGE', align: 'right' as const },
      { title: 'USED BY', shrinkTo: 7 },
    ];
    const rows = images.map((image) => [
      image.name,
      image.distribution,
      image.kernelVersion,
      formatBytes(image.diskBytes),
      formatBytes(image.allocatedBytes),
      formatAge(Date.now() - Date.parse(image.createdAt)),
      image.usedBy.join(' ') || '-',
    ]);
    const safe = rows.map((row) => row.map(escapeControls));
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, safe, tableWidth, { header: outStyle.bold });
  }
}

@SubCommand({ name: 'show', arguments: '<image>', description: 'everything about one image' })
export class ImageShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([name = '']: string[]): Promise<void> {
    const image = await this.connector.with((client) => client.call('image.get', { image: name }));
    const facts: [string, string][] = [
      ['name', image.name],
      ['id', image.id],
      ['distribution', image.distribution],
      ['kernel', image.kernelVersion],
      ['disk', formatBytes(image.diskBytes)],
      ['on host', formatBytes(image.allocatedBytes)],
      ['recipe', image.recipeDigest],
      ['created', image.createdAt],
      ['used by', image.usedBy.join(' ') || '-'],
      ...templateFacts(image.templates),
    ];
    this.presenter.result(image, () =>
      renderFacts(facts.map(([key, value]) => [key, escapeControls(value)])),
    );
  }
}

/** One line each. Sizes are exact, since only a VM of exactly that shape is restored from a template. */
function templateFacts(templates: readonly ImageTemplateView[]): [string, string][] {
  if (templates.length === 0) return [['templates', '-']];
  return templates.map(({ cpus, memoryMib, diskMib, workDiskMib, allocatedBytes, lastUsedAt }) => {
    const shape = [
      cpus === 1 ? '1 CPU' : `${cpus} CPUs`,
      `${memoryMib}M`,
      `disk ${diskMib}M`,
      ...(workDiskMib === undefined ? [] : [`work disk ${workDiskMib}M`]),
    ].join(', ');
    const used = formatAge(Date.now() - Date.parse(lastUsedAt));
    return ['templates', `${shape} (${formatBytes(allocatedBytes)} on the host, used ${used} ago)`];
  });
}

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

export const IMAGE_COMMANDS = [
  ImageListCommand,
  ImageShowCommand,
  ImageBuildCommand,
  ImageWarmCommand,
  ImageDeleteCommand,
];

@Command({ name: 'image', description: 'images that VMs start from', subCommands: IMAGE_COMMANDS })
export class ImageGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
