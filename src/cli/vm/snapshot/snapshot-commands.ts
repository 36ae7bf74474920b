import { Option, SubCommand } from 'nest-commander';
import type { VmSnapshotView } from '../../../contract/snapshot.dto.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { BangerCommand } from '../../command/banger-command.js';
import { GroupCommand } from '../../command/group-command.js';
import { Invocation } from '../../invocation.js';
import { FollowedCall } from '../../operation/followed-call.js';
import { Presenter } from '../../render/presenter.js';
import { renderTable } from '../../render/table.js';
import { escapeControls, formatAge, formatBytes, formatMib } from '../../render/text.js';

interface CreateOptions {
  stop?: boolean;
  diskOnly?: boolean;
}

@SubCommand({
  name: 'create',
  arguments: '<vm> [name]',
  description: 'keep what a VM is now: disks, and memory if it runs',
  argsDescription: { vm: 'the VM', name: 'of the snapshot; a number when left out' },
})
export class VmSnapshotCreateCommand extends BangerCommand<CreateOptions> {
  constructor(
    invocation: Invocation,
    private readonly calls: FollowedCall,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--stop', description: 'shut the VM down first; it stays down' })
  parseStop(): boolean {
    return true;
  }

  @Option({ flags: '--disk-only', description: 'not the memory, also of a VM that runs' })
  parseDiskOnly(): boolean {
    return true;
  }

  protected override async execute([vm = '', name]: string[], options: CreateOptions): Promise<void> {
    const params = {
      vm,
      ...(name !== undefined && { snapshot: name }),
      ...(options.stop && { stop: true }),
      ...(options.diskOnly && { diskOnly: true }),
    };
    const view = await this.calls.run(vm, (client) => client.call('vm.snapshot.create', params));
    if (view.pausedMs !== undefined)
      this.presenter.note(`${view.vm} stood still for ${Math.round(view.pausedMs)} ms`);
    this.presenter.result(view, () => `${view.name}\n`);
  }
}

@SubCommand({ name: 'list', aliases: ['ls'], arguments: '<vm>', description: 'list the snapshots of a VM' })
export class VmSnapshotListCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([vm = '']: string[]): Promise<void> {
    const all = await this.connector.with((client) => client.call('vm.snapshot.list', { vm }));
    if (all.length === 0 && !this.presenter.json)
      this.presenter.note(`no snapshots yet: banger vm snapshot create ${vm}`);
    this.presenter.result(all, () => (all.length === 0 ? '' : this.render(all)));
  }

  private render(all: readonly VmSnapshotView[]): string {
    const columns = [
      { title: 'NAME', shrinkTo: 8 },
      { title: 'KEEPS' },
      { title: 'MEMORY', align: 'right' as const },
      { title: 'DISK', align: 'right' as const },
      { title: 'OWN', align: 'right' as const },
      { title: 'AGE', align: 'right' as const },
    ];
    const rows = all.map(({ name, kind, memoryMib, diskMib, ownBytes, createdAt }) => [
      escapeControls(name),
      kind === 'memory' ? 'memory and disk' : 'disk',
      formatMib(memoryMib),
      formatMib(diskMib),
      formatBytes(ownBytes),
      formatAge(Date.now() - Date.parse(createdAt)),
    ]);
    const { outStyle, tableWidth } = this.presenter;
    return renderTable(columns, rows, tableWidth, { header: outStyle.bold });
  }
}

interface RestoreOptions {
  force?: boolean;
}

@SubCommand({
  name: 'restore',
  arguments: '<vm> <name>',
  description: 'make a VM what it was at a snapshot; it goes on from there if that has its memory',
})
export class VmSnapshotRestoreCommand extends BangerCommand<RestoreOptions> {
  constructor(
    invocation: Invocation,
    private readonly calls: FollowedCall,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '-f, --force', description: 'also one that runs: what it is now is lost' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute(
    [vm = '', snapshot = '']: string[],
    { force }: RestoreOptions,
  ): Promise<void> {
    const params = { vm, snapshot, ...(force && { force: true }) };
    const view = await this.calls.run(vm, (client) => client.call('vm.snapshot.restore', params));
    this.presenter.result(view, () => `${view.name}\n`);
  }
}

@SubCommand({
  name: 'delete',
  aliases: ['rm'],
  arguments: '<vm> <name>',
  description: 'delete a snapshot; VMs that began as it stay whole',
})
export class VmSnapshotDeleteCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly calls: FollowedCall,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([vm = '', snapshot = '']: string[]): Promise<void> {
    const view = await this.calls.run(vm, (client) => client.call('vm.snapshot.delete', { vm, snapshot }));
    this.presenter.result(view, () => `${view.name}\n`);
  }
}

export const SNAPSHOT_COMMANDS = [
  VmSnapshotCreateCommand,
  VmSnapshotListCommand,
  VmSnapshotRestoreCommand,
  VmSnapshotDeleteCommand,
];

@SubCommand({
  name: 'snapshot',
  description: 'keep what a VM is at a moment, and go back to it',
  subCommands: SNAPSHOT_COMMANDS,
})
export class VmSnapshotGroupCommand extends GroupCommand {
  constructor(invocation: Invocation) {
    super(invocation);
  }
}
