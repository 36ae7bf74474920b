import { SubCommand } from 'nest-commander';
import type { VmState, VmView } from '../../contract/vm.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { escapeControls, formatAge, formatMib } from '../render/text.js';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinkTo: 10 },
  { title: 'STATE' },
  { title: 'IMAGE', shrinkTo: 6 },
  { title: 'CPUS', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'DISK', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'WORKSPACE', shrinkTo: 9 },
];

@SubCommand({ name: 'list', aliases: ['ls'], description: 'list all VMs' })
export class VmListCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const vms = await this.connector.with((client) => client.call('vm.list', {}));
    if (vms.length === 0 && !this.presenter.json)
      this.presenter.note('no VMs yet; make one: banger vm run . -- uname -a');
    this.presenter.result(vms, () => (vms.length === 0 ? '' : this.render(vms)));
  }

  private render(vms: readonly VmView[]): string {
    const rows = vms.map((vm) => [
      vm.name,
      vm.state,
      vm.image,
      String(vm.cpus),
      formatMib(vm.memoryMib),
      formatMib(vm.diskMib),
      formatAge(Date.now() - Date.parse(vm.createdAt)),
      vm.workspace?.hostPath ?? '-',
    ]);
    const safe = rows.map((row) => row.map(escapeControls));
    const [header = '', ...lines] = renderTable(COLUMNS, safe, this.presenter.tableWidth).split('\n');
    const { outStyle } = this.presenter;
    return [
      outStyle.bold(header),
      ...lines.map((line, index) => this.colourState(line, vms[index]?.state)),
    ].join('\n');
  }

  private colourState(line: string, state: VmState | undefined): string {
    const { outStyle } = this.presenter;
    if (state === 'running') return line.replace(` ${state} `, ` ${outStyle.green(state)} `);
    if (state === 'failed') return line.replace(` ${state} `, ` ${outStyle.red(state)} `);
    return line;
  }
}
