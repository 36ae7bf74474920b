import { Option, SubCommand } from 'nest-commander';
import type { VmStatsView } from '../../../contract/vm-observation.dto.js';
import { isKind, toBangerError } from '../../../core/errors/index.js';
import type { RpcClient } from '../../client/rpc.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { BangerCommand } from '../../command/banger-command.js';
import { Invocation } from '../../invocation.js';
import { ReportedFailures } from '../../render/failure-report.js';
import { Presenter } from '../../render/presenter.js';
import { renderHistory, renderStats } from './stats-text.js';

const HOUR_SECONDS = 3600;

interface VmStatsOptions {
  history?: boolean;
}

@SubCommand({
  name: 'stats',
  arguments: '[vm...]',
  description: 'what VMs use: CPU, memory, disk, network; all that run when none is named',
})
export class VmStatsCommand extends BangerCommand<VmStatsOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly failures: ReportedFailures,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText(
      'after',
      `
CPU is a share of the VM's CPUs, over the last five seconds. RSS and PSS are memory of the host, GUEST is what is
used inside. READ, WRITE, IN and OUT are sums since the start; DISK is what its files take on the host. IN and OUT
are the guest's own count.`,
    );
    return this;
  }

  @Option({ flags: '--history', description: 'also the last hour, drawn; as series with --json' })
  parseHistory(): boolean {
    return true;
  }

  protected override async execute(names: string[], { history }: VmStatsOptions): Promise<void> {
    const wanted = history === true ? { historySeconds: HOUR_SECONDS } : {};
    const results = await this.connector.with(async (client) =>
      names.length === 0
        ? await this.all(client, wanted)
        : await Promise.all([...new Set(names)].map((vm) => this.one(client, vm, wanted))),
    );
    const views = results.filter((result): result is VmStatsView => !('error' in result));
    const json = names.length === 1 ? results[0] : results;
    this.presenter.result(json, () => (views.length === 0 ? '' : this.render(views, history === true)));
  }

  private async all(client: RpcClient, wanted: { historySeconds?: number }): Promise<VmStatsView[]> {
    // The past of all at once is short; each by itself is asked for its hour, and then measured.
    const each = wanted.historySeconds !== undefined;
    const views = await client.call('vm.stats', { proportional: !each });
    if (views.length === 0 && !this.presenter.json) this.presenter.note('no VM runs');
    if (!each) return views;
    return (await Promise.all(views.map(({ id }) => this.oneThatMayBeGone(client, id, wanted)))).flat();
  }

  private async oneThatMayBeGone(
    client: RpcClient,
    vm: string,
    wanted: { historySeconds?: number },
  ): Promise<VmStatsView[]> {
    try {
      return await client.call('vm.stats', { vm, ...wanted, proportional: true });
    } catch (error) {
      if (isKind(error, 'VM_NOT_FOUND')) return [];
      throw error;
    }
  }

  private async one(
    client: RpcClient,
    vm: string,
    wanted: { historySeconds?: number },
  ): Promise<VmStatsView | { error: object }> {
    try {
      const [view] = await client.call('vm.stats', { vm, ...wanted, proportional: true });
      return view ?? { error: {} };
    } catch (error) {
      return this.failures.report(toBangerError(error, vm));
    }
  }

  private render(views: readonly VmStatsView[], history: boolean): string {
    const { outStyle, tableWidth } = this.presenter;
    const table = renderStats(views, tableWidth, { header: outStyle.bold });
    return history ? `${table}\n${views.map(renderHistory).join('\n')}` : table;
  }
}
