import { SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts } from '../render/table.js';
import { escapeControls, formatBytes } from '../render/text.js';

@SubCommand({ name: 'show', arguments: '<kernel>', description: 'everything about one kernel' })
export class KernelShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([name = '']: string[]): Promise<void> {
    const kernel = await this.connector.with((client) => client.call('kernel.get', { kernel: name }));
    const { source } = kernel;
    const facts: [string, string][] = [
      ['name', kernel.name],
      ['id', kernel.id],
      ['version', kernel.version],
      ['source', source.reference === undefined ? source.kind : `${source.kind} ${source.reference}`],
      ['on host', formatBytes(kernel.allocatedBytes)],
      ['digest', kernel.digest],
      ['created', kernel.createdAt],
      ['used by', kernel.usedBy.join(' ') || '-'],
    ];
    this.presenter.result(kernel, () =>
      renderFacts(facts.map(([key, value]) => [key, escapeControls(value)])),
    );
  }
}
