import { SubCommand } from 'nest-commander';
import type { VmListener, VmPortsView } from '../../../contract/vm-observation.dto.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { BangerCommand } from '../../command/banger-command.js';
import { Invocation } from '../../invocation.js';
import { Presenter } from '../../render/presenter.js';
import { renderTable } from '../../render/table.js';
import type { Column } from '../../render/table.js';
import { escapeControls } from '../../render/text.js';

const COLUMNS: readonly Column[] = [
  { title: 'PROTO' },
  { title: 'ADDRESS' },
  { title: 'PORT', align: 'right' },
  { title: 'PROCESS' },
  { title: 'PID', align: 'right' },
  { title: 'ON THE HOST' },
];

@SubCommand({
  name: 'ports',
  arguments: '<vm>',
  description: 'what listens in a VM, and how to reach it from here',
})
export class VmPortsCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText(
      'after',
      `
It is the guest that tells, of its own network: what listens in a container with a network of its own is not seen.`,
    );
    return this;
  }

  protected override async execute([name = '']: string[]): Promise<void> {
    const view = await this.connector.with((client) => client.call('vm.ports', { vm: name }));
    if (!this.presenter.json) {
      if (view.listeners.length === 0) this.presenter.note(`nothing listens in ${escapeControls(view.name)}`);
      if (view.truncated) this.presenter.warn('more listen than are listed');
    }
    this.presenter.result(view, () => this.render(view));
  }

  private render({ listeners, idle }: VmPortsView): string {
    const { outStyle } = this.presenter;
    const rows = listeners.map((listener) => [
      listener.protocol,
      escapeControls(listener.address),
      String(listener.port),
      escapeControls(listener.process ?? '-'),
      listener.pid?.toString() ?? '-',
      reach(listener),
    ]);
    const table =
      listeners.length === 0 ? '' : renderTable(COLUMNS, rows, undefined, { header: outStyle.bold });
    const unanswered = idle.map(
      ({ hostAddress, hostPort, guestPort, protocol }) =>
        `${hostAddress}:${hostPort} is published, but nothing in the VM listens on ${protocol} port ${guestPort}\n`,
    );
    return table + unanswered.map((text) => outStyle.yellow(text)).join('');
  }
}

function reach({ reachable, hint }: VmListener): string {
  return reachable.length > 0 ? reachable.join(', ') : escapeControls(hint ?? '-');
}
