import { Option, SubCommand } from 'nest-commander';
import type { VmStatsView } from '../../../contract/vm-observation.dto.js';
import type { RpcClient } from '../../client/rpc.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { BangerCommand } from '../../command/banger-command.js';
import { parseSeconds } from '../../command/parse.js';
import { Invocation } from '../../invocation.js';
import { Terminal } from '../../io/terminal.js';
import { Presenter } from '../../render/presenter.js';
import { FullScreen } from './full-screen.js';
import { renderStats } from './stats-text.js';
import { renderTop, SORTS } from './top-screen.js';
import type { Sort } from './top-screen.js';

const DEFAULT_INTERVAL_SECONDS = 2;
const HISTORY_SECONDS = 120;

interface VmTopOptions {
  interval?: number;
}

@SubCommand({
  name: 'top',
  description: 'watch what VMs use, live; one snapshot where there is no terminal',
})
export class VmTopCommand extends BangerCommand<VmTopOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  @Option({
    flags: '--interval <seconds>',
    description: `time between two looks (default: ${DEFAULT_INTERVAL_SECONDS}); the figures are of every five seconds`,
  })
  parseInterval(value: string): number {
    return parseSeconds('--interval', value);
  }

  protected override async execute(_: string[], options: VmTopOptions): Promise<void> {
    const isLive = this.terminal.stdoutIsTty && !this.presenter.json && this.term !== 'dumb';
    await this.connector.with((client) =>
      isLive ? this.live(client, options.interval ?? DEFAULT_INTERVAL_SECONDS) : this.snapshot(client),
    );
  }

  private get term(): string | undefined {
    return this.invocation.facts.env['TERM'];
  }

  private async snapshot(client: RpcClient): Promise<void> {
    const views = await client.call('vm.stats', {});
    if (views.length === 0 && !this.presenter.json) this.presenter.note('no VM runs');
    this.presenter.result(views, () =>
      views.length === 0 ? '' : renderStats(views, this.presenter.tableWidth),
    );
  }

  private async live(client: RpcClient, intervalSeconds: number): Promise<void> {
    let views: VmStatsView[] = [];
    let sort: Sort = 'cpu';
    const screen = new FullScreen(this.terminal);
    const draw = (): void => screen.draw((size) => this.render(views, sort, size));
    screen.open({
      onResize: draw,
      onKey: (key) => {
        if (key === 'q' || key === 'Q') screen.close();
        if (key !== 's' && key !== 'S') return;
        sort = SORTS[(SORTS.indexOf(sort) + 1) % SORTS.length] ?? 'cpu';
        draw();
      },
    });
    try {
      while (screen.isOpen) {
        views = await Promise.race([
          client.call('vm.stats', { historySeconds: HISTORY_SECONDS }),
          screen.closed.then(() => views),
        ]);
        draw();
        await screen.pause(intervalSeconds * 1000);
      }
    } finally {
      screen.close();
    }
    if (screen.exitCode !== 0) this.invocation.fail(screen.exitCode);
  }

  private render(
    views: readonly VmStatsView[],
    sort: Sort,
    { columns, rows }: { columns: number; rows: number },
  ): string[] {
    const time = new Date().toTimeString().slice(0, 8);
    return renderTop(views, { columns, rows, sort, style: this.presenter.outStyle, time });
  }
}
