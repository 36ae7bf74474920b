import { Option, SubCommand } from 'nest-commander';
import type { VmState, VmView } from '../../contract/vm.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { parseLabelFilter } from '../command/parse.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { escapeControls, escapeLines, formatAge, formatLabels, formatMib } from '../render/text.js';
import { announcements } from './announcements.js';
import { remarks, shownState } from './conditions.js';

interface VmColumn extends Column {
  readonly cell: (vm: VmView, now: number) => string;
  /** shown only where a VM has something to say in it */
  readonly optional?: true;
}

const NOTHING = '-';

const COLUMNS: readonly VmColumn[] = [
  { title: 'NAME', shrinkTo: 10, cell: (vm) => vm.name },
  { title: 'STATE', cell: shownState },
  { title: 'IMAGE', shrinkTo: 6, cell: (vm) => vm.image },
  { title: 'CPUS', align: 'right', cell: (vm) => String(vm.cpus) },
  { title: 'MEMORY', align: 'right', cell: (vm) => formatMib(vm.memoryMib) },
  { title: 'DISK', align: 'right', cell: (vm) => formatMib(vm.diskMib) },
  { title: 'AGE', align: 'right', cell: (vm, now) => formatAge(now - Date.parse(vm.createdAt)) },
  { title: 'NOTE', cell: (vm, now) => announcements(vm, now).join(', ') || NOTHING, optional: true },
  {
    title: 'RESTART',
    cell: ({ restartPolicy }) => (restartPolicy === 'no' ? NOTHING : restartPolicy),
    optional: true,
  },
  {
    title: 'LABELS',
    shrinkTo: 10,
    cell: ({ labels }) => formatLabels(labels) || NOTHING,
    optional: true,
  },
  { title: 'WORKSPACE', shrinkTo: 9, cell: workspaceCell },
];

/** The first, where commands run, and how many there are besides. */
function workspaceCell({ workspaces: [first, ...more] }: VmView): string {
  if (first === undefined) return NOTHING;
  return more.length === 0 ? first.hostPath : `${first.hostPath} +${more.length}`;
}

interface VmListOptions {
  label?: string[];
}

@SubCommand({ name: 'list', aliases: ['ls'], description: 'list all VMs' })
export class VmListCommand extends BangerCommand<VmListOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--label <K=V>', description: 'only those with this label, or with K alone (repeatable)' })
  parseLabel(value: string, previous: string[] = []): string[] {
    return [...previous, parseLabelFilter('--label', value)];
  }

  protected override async execute(_args: string[], { label: labels }: VmListOptions): Promise<void> {
    const vms = await this.connector.with((client) =>
      client.call('vm.list', labels === undefined ? {} : { labels }),
    );
    if (vms.length === 0 && !this.presenter.json)
      this.presenter.note(
        labels === undefined
          ? 'no VMs yet; make one: banger vm run . -- uname -a'
          : `no VM has ${labels.join(' and ')}; all VMs: banger vm list`,
      );
    this.presenter.result(vms, () => (vms.length === 0 ? '' : this.render(vms)));
    if (!this.presenter.json) for (const remark of remarks(vms)) this.presenter.note(escapeLines(remark));
  }

  private render(vms: readonly VmView[]): string {
    const now = Date.now();
    const columns = COLUMNS.filter(
      ({ optional, cell }) => optional !== true || vms.some((vm) => cell(vm, now) !== NOTHING),
    );
    const safe = vms.map((vm) => columns.map(({ cell }) => escapeControls(cell(vm, now))));
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, safe, tableWidth, {
      header: outStyle.bold,
      row: (line, index) => this.colourState(line, vms[index]?.state),
    });
  }

  private colourState(line: string, state: VmState | undefined): string {
    const { outStyle } = this.presenter;
    if (state === 'running') return line.replace(` ${state} `, ` ${outStyle.green(state)} `);
    if (state === 'failed') return line.replace(` ${state} `, ` ${outStyle.red(state)} `);
    return line;
  }
}
