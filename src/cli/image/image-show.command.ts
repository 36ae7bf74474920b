import { SubCommand } from 'nest-commander';
import type { ImageMetadataView, ImageTemplateView } from '../../contract/image.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts } from '../render/table.js';
import { escapeControls, formatAge, formatBytes } from '../render/text.js';
import { fullSourceText } from './render-image.js';

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
    const facts: (readonly [string, string | undefined])[] = [
      ['name', image.name],
      ['id', image.id],
      ['digest', image.digest || '-'],
      ['source', fullSourceText(image.source)],
      ['distribution', image.distribution],
      ['kernel', image.kernelVersion],
      ['kernel of', image.kernel],
      ['disk', formatBytes(image.diskBytes)],
      ['on host', formatBytes(image.allocatedBytes)],
      ['lets in', image.seedKey],
      ['shared', image.sharedBytes === 0 ? undefined : `${formatBytes(image.sharedBytes)} of that`],
      ['recipe', image.recipeDigest],
      ['created', image.createdAt],
      ['used by', image.usedBy.join(' ') || '-'],
      ...metadataFacts(image.metadata),
      ...templateFacts(image.templates),
    ];
    this.presenter.result(image, () =>
      renderFacts(facts.map(([key, value]) => [key, value && escapeControls(value)])),
    );
  }
}

/** What a pulled image says of itself: a line for each variable, and none for what it does not say. */
function metadataFacts(metadata: ImageMetadataView | undefined): (readonly [string, string | undefined])[] {
  if (metadata === undefined) return [];
  const { env, user, workdir, entrypoint, cmd } = metadata;
  return [
    ...Object.entries(env).map(([name, value]) => ['env', `${name}=${value}`] as const),
    ['user', user],
    ['workdir', workdir],
    ['entrypoint', wordsOf(entrypoint)],
    ['cmd', wordsOf(cmd)],
  ];
}

function wordsOf(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : JSON.stringify(words);
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
