import { Option, SubCommand } from 'nest-commander';
import type { VmView } from '../../contract/vm.dto.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { EachCommand } from '../command/each-command.js';
import { Invocation } from '../invocation.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';
import { parseCount } from '../command/parse.js';

interface VmStopOptions {
  timeout?: number;
}

@SubCommand({
  name: 'stop',
  arguments: '<vm...>',
  description: 'shut VMs down; those that do not obey in time are killed',
})
export class VmStopCommand extends EachCommand<VmView, VmStopOptions> {
  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  @Option({
    flags: '--timeout <seconds>',
    description: 'time given to the guest before it is killed (default: 30)',
  })
  parseTimeout(value: string): number {
    return parseCount('--timeout', value);
  }

  protected override async perform(
    client: FollowedClient,
    vm: string,
    options: VmStopOptions,
  ): Promise<VmView> {
    return await client.call('vm.stop', {
      vm,
      ...(options.timeout !== undefined && { timeoutSeconds: options.timeout }),
    });
  }
}
