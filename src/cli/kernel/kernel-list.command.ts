import { SubCommand } from 'nest-commander';
import type { KernelView } from '../../contract/kernel.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import { escapeControls, formatAge, formatBytes } from '../render/text.js';

@SubCommand({ name: 'list', aliases: ['ls'], description: 'list all kernels' })
export class KernelListCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const kernels = await this.connector.with((client) => client.call('kernel.list', {}));
    if (kernels.length === 0 && !this.presenter.json)
      this.presenter.note('no kernels yet; get one: banger kernel pull');
    this.presenter.result(kernels, () => (kernels.length === 0 ? '' : this.render(kernels)));
  }

  private render(kernels: readonly KernelView[]): string {
    const columns = [
      { title: 'NAME', shrinkTo: 8 },
      { title: 'VERSION', shrinkTo: 8 },
      { title: 'SOURCE', shrinkTo: 8 },
      { title: 'ON HOST', align: 'right' as const },
      { title: 'AGE', align: 'right' as const },
      { title: 'USED BY', shrinkTo: 7 },
    ];
    const rows = kernels.map((kernel) => [
      kernel.name,
      kernel.version,
      kernel.source.reference ?? kernel.source.kind,
      formatBytes(kernel.allocatedBytes),
      formatAge(Date.now() - Date.parse(kernel.createdAt)),
      kernel.usedBy.join(' ') || '-',
    ]);
    const safe = rows.map((row) => row.map(escapeControls));
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, safe, tableWidth, { header: outStyle.bold });
  }
}
