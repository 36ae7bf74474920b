import { Option, SubCommand } from 'nest-commander';
import type { HostPort, PublishedPort, RestartPolicy, VmSetParams, VmView } from '../../contract/vm.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { EachCommand } from '../command/each-command.js';
import {
  addLabel,
  parseCount,
  parseDuration,
  parseMib,
  parseHostPort,
  parsePublishedPort,
  parseRestartPolicy,
  parseVmName,
} from '../command/parse.js';
import { Invocation } from '../invocation.js';
import type { FollowedClient } from '../operation/operation-follower.js';
import { ReportedFailures } from '../render/failure-report.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { describePending } from './render-vm.js';

/** `--publish` and `--no-publish`, which come together in any order. */
interface PublishOption {
  readonly none: boolean;
  readonly add: readonly PublishedPort[];
}

interface VmSetOptions {
  name?: string;
  cpus?: number;
  memory?: number;
  disk?: number;
  workDisk?: number;
  label?: Record<string, string>;
  unlabel?: string[];
  ttl?: number;
  idleStop?: number;
  restart?: RestartPolicy;
  publish?: PublishOption;
  unpublish?: HostPort[];
}

@SubCommand({
  name: 'set',
  arguments: '<vm...>',
  description: 'change settings of VMs: at once where that is possible, else from their next start',
})
export class VmSetCommand extends EachCommand<VmView, VmSetOptions> {
  readonly #waiting: VmView[] = [];

  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  override setCommand(command: Parameters<EachCommand<VmView>['setCommand']>[0]): this {
    command.addHelpText('after', SET_HELP);
    return super.setCommand(command);
  }

  @Option({ flags: '--name <name>', description: 'another name; the VM keeps running' })
  parseName(value: string): string {
    return parseVmName('--name', value);
  }

  @Option({ flags: '--cpus <count>', description: 'virtual CPUs, from the next start' })
  parseCpus(value: string): number {
    return parseCount('--cpus', value);
  }

  @Option({
    flags: '--memory <size>',
    description: 'memory: 512m, 2g; at once up to what the VM was started with, more from the next start',
  })
  parseMemory(value: string): number {
    return parseMib('--memory', value);
  }

  @Option({ flags: '--disk <size>', description: 'a larger disk: 20g; at once, with its file system' })
  parseDisk(value: string): number {
    return parseMib('--disk', value);
  }

  @Option({ flags: '--work-disk <size>', description: 'a larger work disk; at once, with its file system' })
  parseWorkDisk(value: string): number {
    return parseMib('--work-disk', value);
  }

  @Option({ flags: '--label <K=V>', description: 'add a label, or give it another value (repeatable)' })
  parseLabel(value: string, previous?: Record<string, string>): Record<string, string> {
    return addLabel('--label', value, previous);
  }

  @Option({ flags: '--unlabel <K>', description: 'remove a label (repeatable)' })
  parseUnlabel(value: string, previous: string[] = []): string[] {
    if (value === '' || value.includes('='))
      throw new UsageError(
        `--unlabel ${JSON.stringify(value)} names no label`,
        'write the name alone: --unlabel team',
      );
    return [...previous, value];
  }

  @Option({
    flags: '--ttl <duration>',
    description: 'delete it after so long, from now: 90m, 2h, 7d; 0 for never',
  })
  parseTtl(value: string): number {
    return parseDuration('--ttl', value);
  }

  @Option({
    flags: '--idle-stop <duration>',
    description: 'stop it when nobody has used it for so long: 30m; 0 for never',
  })
  parseIdleStop(value: string): number {
    return parseDuration('--idle-stop', value);
  }

  @Option({
    flags: '--restart <policy>',
    description: 'when it goes down by itself: no, on-failure or always',
  })
  parseRestart(value: string): RestartPolicy {
    return parseRestartPolicy('--restart', value);
  }

  @Option({
    flags: '-p, --publish <port>',
    description: 'reach a port of the VM here as well: [ADDRESS:]HOST:GUEST[/udp] (repeatable)',
  })
  parsePublish(value: string, previous: PublishOption = NO_PORTS): PublishOption {
    return { ...previous, add: [...previous.add, parsePublishedPort('--publish', value)] };
  }

  @Option({ flags: '--unpublish <port>', description: 'no longer: HOST[/udp] (repeatable)' })
  parseUnpublish(value: string, previous: HostPort[] = []): HostPort[] {
    return [...previous, parseHostPort('--unpublish', value)];
  }

  @Option({ flags: '--no-publish', description: 'none but those that --publish names' })
  parseNoPublish(_value: unknown, previous: PublishOption = NO_PORTS): PublishOption {
    return { ...previous, none: true };
  }

  protected override async execute(names: string[], options: VmSetOptions): Promise<void> {
    if (Object.keys(setParams('', options)).length === 1)
      throw new UsageError('there is nothing to set', 'say what: banger vm set --help');
    if (options.name !== undefined && names.length > 1)
      throw new UsageError('--name is for one VM, and a name is one VM’s', 'name a single VM');
    await super.execute(names, options);
    for (const vm of this.#waiting)
      this.presenter.note(`${vm.name}: ${describePending(vm.pending ?? {}).join('; ')}`);
  }

  protected override async perform(
    client: FollowedClient,
    vm: string,
    options: VmSetOptions,
  ): Promise<VmView> {
    const view = await client.call('vm.set', setParams(vm, options));
    if (view.pending !== undefined) this.#waiting.push(view);
    return view;
  }
}

const NO_PORTS: PublishOption = { none: false, add: [] };

function setParams(vm: string, options: VmSetOptions): VmSetParams {
  const { publish = NO_PORTS } = options;
  const given = {
    name: options.name,
    cpus: options.cpus,
    memoryMib: options.memory,
    diskMib: options.disk,
    workDiskMib: options.workDisk,
    labels: options.label,
    removeLabels: options.unlabel,
    ttlSeconds: options.ttl,
    idleStopSeconds: options.idleStop,
    restartPolicy: options.restart,
    publishedPorts: publish.add.length === 0 ? undefined : [...publish.add],
    removePorts: options.unpublish,
    removeAllPorts: publish.none || undefined,
  };
  return {
    vm,
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as object),
  };
}

const SET_HELP = `
Examples:
  banger vm set web --memory 1g --disk 20g    both at once while it runs, as far as it can
  banger vm set web --ttl 2h --label team=ui  what else it has stays
  banger vm set web db --restart on-failure

A disk only grows. What waits for the next start is told, and shown by banger vm show.
`;
