import { Option, SubCommand } from 'nest-commander';
import { exitCodeOf } from '../../../contract/errors.js';
import type { VmPingView } from '../../../contract/vm-observation.dto.js';
import { toBangerError } from '../../../core/errors/index.js';
import type { RpcClient } from '../../client/rpc.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { BangerCommand } from '../../command/banger-command.js';
import { parseCount, parseSeconds } from '../../command/parse.js';
import { Invocation } from '../../invocation.js';
import { Terminal } from '../../io/terminal.js';
import { ReportedFailures } from '../../render/failure-report.js';
import { Presenter } from '../../render/presenter.js';
import { renderPing, summarize } from './ping-text.js';

const DEFAULT_COUNT = 4;
const DEFAULT_INTERVAL_SECONDS = 1;

interface VmPingOptions {
  count?: number;
  interval?: number;
}

@SubCommand({
  name: 'ping',
  arguments: '<vm...>',
  description: 'round trips into VMs, on each way; exit status 8 when one did not answer',
})
export class VmPingCommand extends BangerCommand<VmPingOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly failures: ReportedFailures,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  @Option({
    flags: '-c, --count <count>',
    description: `so many round trips, 0 for no end (default: ${DEFAULT_COUNT})`,
  })
  parseCount(value: string): number {
    return parseCount('--count', value);
  }

  @Option({
    flags: '-i, --interval <seconds>',
    description: `time between two (default: ${DEFAULT_INTERVAL_SECONDS})`,
  })
  parseInterval(value: string): number {
    return parseSeconds('--interval', value);
  }

  protected override async execute(names: string[], options: VmPingOptions): Promise<void> {
    const stop = new AbortController();
    const unsubscribe = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => stop.abort());
    void this.terminal.stdoutClosed.then(() => stop.abort());
    try {
      await this.connector.with(async (client) => {
        const each = [...new Set(names)].map((vm) => this.pingOne(client, vm, options, stop.signal));
        const results = await Promise.all(each);
        if (this.presenter.json) this.presenter.result(results.length === 1 ? results[0] : results, () => '');
      });
    } finally {
      unsubscribe();
    }
  }

  private async pingOne(
    client: RpcClient,
    vm: string,
    options: VmPingOptions,
    stop: AbortSignal,
  ): Promise<object> {
    const answers: VmPingView[] = [];
    try {
      await this.ask(client, vm, options, { stop, answers });
    } catch (error) {
      if (!stop.aborted) return this.failures.report(toBangerError(error, vm));
    }
    const summary = summarize(answers);
    if (!this.presenter.json) this.terminal.out(summary.text);
    if (!summary.allAnswered) this.invocation.fail(exitCodeOf('VM_GUEST_UNREACHABLE'));
    return { name: answers[0]?.name ?? vm, answers };
  }

  private async ask(
    client: RpcClient,
    vm: string,
    { count = DEFAULT_COUNT, interval = DEFAULT_INTERVAL_SECONDS }: VmPingOptions,
    { stop, answers }: { stop: AbortSignal; answers: VmPingView[] },
  ): Promise<void> {
    const rounds = count === 0 ? Infinity : count;
    while (answers.length < rounds) {
      if (answers.length > 0) await pause(interval * 1000, stop);
      if (stop.aborted) return;
      const answer = await client.call('vm.ping', { vm }, { signal: stop });
      answers.push(answer);
      if (!this.presenter.json) this.terminal.out(renderPing(answer, answers.length));
    }
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  stop.addEventListener('abort', () => over.resolve(), { once: true });
  await over.promise;
  clearTimeout(timer);
}
