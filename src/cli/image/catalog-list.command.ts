import { Option, SubCommand } from 'nest-commander';
import type { ImageCatalogView } from '../../contract/image-transfer.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import { escapeControls, formatBytes } from '../render/text.js';
import { CatalogArguments } from './catalog-arguments.js';
import { shortDigest } from './render-image.js';

@SubCommand({
  name: 'list',
  aliases: ['ls'],
  arguments: '<source>',
  description: 'the images of a catalog',
  argsDescription: {
    source: 'name of a catalog of the configuration, https address, or path (./shelf)',
  },
})
export class CatalogListCommand extends BangerCommand<{ publicKey?: string }> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly catalogs: CatalogArguments,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--public-key <file>', description: 'that it has to be signed with: a file, or the key' })
  parsePublicKey(value: string): string {
    return value;
  }

  protected override async execute(
    [source = '']: string[],
    { publicKey }: { publicKey?: string },
  ): Promise<void> {
    const params = await this.catalogs.of(source, publicKey);
    const catalog = await this.connector.with((client) => client.call('image.catalog.list', params));
    if (catalog.images.length === 0 && !this.presenter.json) this.presenter.note('it has no images');
    this.presenter.result(catalog, () => (catalog.images.length === 0 ? '' : this.#render(catalog)));
  }

  #render({ images }: ImageCatalogView): string {
    const columns = [
      { title: 'NAME', shrinkTo: 8 },
      { title: 'DISTRIBUTION', shrinkTo: 12 },
      { title: 'DIGEST' },
      { title: 'SIZE', align: 'right' as const },
      { title: 'DESCRIPTION', shrinkTo: 8 },
    ];
    const rows = images.map(({ name, distribution, digest, sizeBytes, description = '-' }) =>
      [name, distribution, shortDigest(digest), formatBytes(sizeBytes), description].map(escapeControls),
    );
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, rows, tableWidth, { header: outStyle.bold });
  }
}
