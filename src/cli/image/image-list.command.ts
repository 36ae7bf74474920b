import { SubCommand } from 'nest-commander';
import type { ImageView } from '../../contract/image.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import { escapeControls, formatAge, formatBytes } from '../render/text.js';
import { shortDigest, sourceText } from './render-image.js';

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
      { title: 'SOURCE', shrinkTo: 8 },
      { title: 'DIGEST' },
      { title: 'SIZE', align: 'right' as const },
      { title: 'SHARED', align: 'right' as const },
      { title: 'AGE', align: 'right' as const },
      { title: 'USED BY', shrinkTo: 7 },
    ];
    const rows = images.map((image) => [
      image.name,
      image.distribution,
      sourceText(image),
      shortDigest(image.digest),
      formatBytes(image.allocatedBytes),
      image.sharedBytes === 0 ? '-' : formatBytes(image.sharedBytes),
      formatAge(Date.now() - Date.parse(image.createdAt)),
      image.usedBy.join(' ') || '-',
    ]);
    const safe = rows.map((row) => row.map(escapeControls));
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, safe, tableWidth, { header: outStyle.bold });
  }
}
