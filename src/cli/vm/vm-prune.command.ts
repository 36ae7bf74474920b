import { Option, SubCommand } from 'nest-commander';
import type { VmPrunableView } from '../../contract/vm.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { parseLabelFilter, parseSpan } from '../command/parse.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { escapeControls, formatAge, formatBytes } from '../render/text.js';
import { UsageError } from '../usage-error.js';

interface VmPruneOptions {
  olderThan?: number;
  label?: string[];
  dryRun?: boolean;
  yes?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinkTo: 10 },
  { title: 'STATE' },
  { title: 'DOWN', align: 'right' },
  { title: 'FREES', align: 'right' },
  { title: 'WHY', shrinkTo: 10 },
];

@SubCommand({
  name: 'prune',
  description: 'delete VMs that are stopped or have failed, after showing them; never one that runs',
})
export class VmPruneCommand extends BangerCommand<VmPruneOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly failures: ReportedFailures,
    private readonly follower: OperationFollower,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  @Option({ flags: '--older-than <duration>', description: 'only those down for at least so long: 12h, 7d' })
  parseOlderThan(value: string): number {
    return parseSpan('--older-than', value);
  }

  @Option({ flags: '--label <K=V>', description: 'only those with this label, or with K alone (repeatable)' })
  parseLabel(value: string, previous: string[] = []): string[] {
    return [...previous, parseLabelFilter('--label', value)];
  }

  @Option({ flags: '--dry-run', description: 'only show what would be deleted' })
  parseDryRun(): boolean {
    return true;
  }

  @Option({ flags: '-y, --yes', description: 'delete without asking' })
  parseYes(): boolean {
    return true;
  }

  protected override async execute(_args: string[], options: VmPruneOptions): Promise<void> {
    const asks = options.dryRun !== true && options.yes !== true;
    if (asks && (this.presenter.json || !this.terminal.stdinIsTty || !this.terminal.stderrIsTty))
      throw new UsageError(
        'VMs would be deleted, and there is no terminal to ask on',
        'pass --yes to delete them, or --dry-run to see which',
      );
    const found = await this.find(options);
    if (options.dryRun === true || found.length === 0)
      return this.presenter.result(found, () => (found.length === 0 ? '' : render(found)));
    if (asks && !(await this.isConfirmed(found))) {
      this.presenter.note('nothing was deleted');
      return;
    }
    await this.delete(found);
  }

  private async find({ olderThan, label }: VmPruneOptions): Promise<VmPrunableView[]> {
    const found = await this.connector.with((client) =>
      client.call('vm.prunable', {
        ...(olderThan !== undefined && { olderThanSeconds: olderThan }),
        ...(label !== undefined && { labels: label }),
      }),
    );
    if (found.length === 0 && !this.presenter.json) this.presenter.note('there is nothing to delete');
    return found;
  }

  private async isConfirmed(found: readonly VmPrunableView[]): Promise<boolean> {
    this.terminal.err(render(found));
    const answer = await this.terminal.readLine(`Delete ${countOf(found)} for good? [y/N] `);
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  }

  /** By id: a name may belong to another VM by now. One that was started meanwhile is refused, and stays. */
  private async delete(found: readonly VmPrunableView[]): Promise<void> {
    const names = found.map(({ vm }) => vm.id);
    const outcomes = await this.connector.with((client) =>
      this.follower.each(client, names, (followed, vm) => followed.call('vm.delete', { vm })),
    );
    const deleted = found.filter((_, index) => 'value' in (outcomes[index] ?? {}));
    const results = found.map((one, index) => {
      const outcome = outcomes[index];
      if (outcome !== undefined && 'error' in outcome) return this.failures.reportOneOfSeveral(outcome.error);
      if (!this.presenter.json) this.presenter.result(one, () => `${one.vm.name}\n`);
      return one;
    });
    if (this.presenter.json) this.presenter.result(results, () => '');
    else this.presenter.note(`deleted ${countOf(deleted)}`);
  }
}

function countOf(found: readonly VmPrunableView[]): string {
  const bytes = found.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  return `${found.length} ${found.length === 1 ? 'VM' : 'VMs'}, ${formatBytes(bytes)}`;
}

function render(found: readonly VmPrunableView[]): string {
  const now = Date.now();
  const rows = found.map(({ vm, allocatedBytes }) => [
    vm.name,
    vm.state,
    formatAge(now - Date.parse(vm.stoppedAt ?? vm.createdAt)),
    formatBytes(allocatedBytes),
    vm.lastEnd?.reason ?? '-',
  ]);
  return `${renderTable(
    COLUMNS,
    rows.map((row) => row.map(escapeControls)),
    undefined,
  )}${countOf(found)} in all\n`;
}
