import { SubCommand } from 'nest-commander';
import type { ImageDetails, ImageTemplateView } from '../../contract/image.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts } from '../render/table.js';
import { escapeControls, formatAge, formatBytes } from '../render/text.js';

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
      ...(image.source === undefined ? [] : [sourceFact(image.source)]),
      ...(image.seedKey === undefined ? [] : [['lets in', image.seedKey] satisfies [string, string]]),
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

function sourceFact({ kind, reference }: NonNullable<ImageDetails['source']>): [string, string] {
  return ['source', reference === undefined ? kind : `${kind} ${reference}`];
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
