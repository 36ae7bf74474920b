import { SubCommand } from 'nest-commander';
import type { PublishedPort, VmView } from '../../contract/vm.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts } from '../render/table.js';
import { escapeControls, formatMib } from '../render/text.js';

@SubCommand({ name: 'show', arguments: '<vm>', description: 'everything about one VM' })
export class VmShowCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([name = '']: string[]): Promise<void> {
    const vm = await this.connector.with((client) => client.call('vm.get', { vm: name }));
    this.presenter.result(vm, () => renderVm(vm));
  }
}

function renderVm(vm: VmView): string {
  const { workspace, error } = vm;
  const facts: [string, string | undefined][] = [
    ['name', vm.name],
    ['id', vm.id],
    ['state', vm.state],
    ['error', error?.message],
    ['why', error?.data.why],
    ['fix', error?.data.fix],
    ['image', vm.image],
    ['cpus', String(vm.cpus)],
    ['memory', formatMib(vm.memoryMib)],
    ['disk', formatMib(vm.diskMib)],
    ['lives', vm.ephemeral ? 'until its command ends' : 'until it is deleted'],
    ['hypervisor', vm.accelerator === undefined ? vm.hypervisor : `${vm.hypervisor} (${vm.accelerator})`],
    ['pid', vm.pid?.toString()],
    ['ssh port', vm.sshPort === undefined ? undefined : `127.0.0.1:${vm.sshPort}`],
    ['published', vm.publishedPorts.length === 0 ? undefined : vm.publishedPorts.map(formatPort).join(', ')],
    ['workspace', workspace === undefined ? undefined : `${workspace.hostPath} in ${workspace.guestPath}`],
    [
      'commit',
      workspace?.head === undefined
        ? undefined
        : [workspace.head, workspace.branch].filter(Boolean).join(' '),
    ],
    ['environment', Object.keys(vm.env).length === 0 ? undefined : Object.keys(vm.env).join(' ')],
    ['created', vm.createdAt],
    ['started', vm.startedAt],
  ];
  return renderFacts(
    facts.map(([name, value]) => [name, value === undefined ? undefined : escapeControls(value)]),
  );
}

function formatPort({ hostAddress, hostPort, guestPort, protocol }: PublishedPort): string {
  return `${hostAddress}:${hostPort} → ${guestPort}/${protocol}`;
}
