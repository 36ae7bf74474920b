import { Option, SubCommand } from 'nest-commander';
import { isKind } from '../../core/errors/index.js';
import type { RpcClient } from '../client/rpc.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { GuestCommand } from '../guest/guest-command.js';
import { exitCodeOfGuest } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { parseSpan } from '../command/parse.js';
import { VmCreateBase } from './vm-options.js';
import type { VmCreateOptions } from './vm-options.js';

interface VmRunOptions extends VmCreateOptions {
  rm?: boolean;
  timeout?: number;
  detach?: boolean;
}

@SubCommand({
  name: 'run',
  arguments: '[path]',
  description: 'create a VM with the git repository at PATH in it and run a command there',
  argsDescription: { path: 'git repository to copy into the VM; none when left out' },
})
export class VmRunCommand extends VmCreateBase<VmRunOptions> {
  protected override readonly takesPassthrough = true;

  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly guest: GuestCommand,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<VmCreateBase<VmRunOptions>['setCommand']>[0]): this {
    super.setCommand(command.usage('[options] [PATH] [-- COMMAND…]'));
    command.addHelpText('after', RUN_HELP);
    return this;
  }

  @Option({ flags: '--rm', description: 'delete the VM afterwards, whatever happened' })
  parseRm(): boolean {
    return true;
  }

  @Option({
    flags: '--timeout <duration>',
    description: 'end the command after 90s, 30m, 1h30m in the VM (TERM, 10 s later KILL; exit status 124)',
  })
  parseTimeout(value: string): number {
    return parseSpan('--timeout', value);
  }

  @Option({
    flags: '-d, --detach',
    description: 'make a session of the command, and print its id: banger vm session',
  })
  parseDetach(): boolean {
    return true;
  }

  protected override async execute([path]: string[], options: VmRunOptions): Promise<void> {
    const command = this.invocation.passthrough ?? [];
    if (options.detach) return this.runDetached(path, command, options);
    if (this.presenter.json && command.length === 0) {
      throw new UsageError('vm run --json needs a COMMAND, as its result holds the command’s output');
    }
    const params = this.createParams(path, options);
    if (options.rm) params.ephemeral = true;
    this.invocation.guestExitCodes = true;
    await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('vm.create.begin', params));
      const { subject } = operation;
      try {
        await this.runIn(client, subject.id, command, options.timeout);
      } catch (error) {
        // what went wrong first is told, whatever the removal says: it is the daemon's when this connection ends
        await this.leave(client, subject, options).catch(() => undefined);
        throw error;
      }
      await this.leave(client, subject, options);
    });
  }

  private async runDetached(
    path: string | undefined,
    command: readonly string[],
    options: VmRunOptions,
  ): Promise<void> {
    if (options.rm)
      throw new UsageError(
        '--rm and --detach cannot be given together: the VM goes with this command, which does not wait',
        'leave --rm out, and give the VM a time to live: --ttl 2h',
      );
    await this.connector.with(async (client) => {
      const params = this.createParams(path, options);
      const { subject } = await this.follower.run(client, () => client.call('vm.create.begin', params));
      const tty = command.length === 0;
      await this.guest.detach(client, { vm: subject.id, command, tty, timeoutSeconds: options.timeout });
      this.presenter.note(this.farewell(subject.name));
    });
  }

  private async leave(
    client: RpcClient,
    { id, name }: { id: string; name: string },
    { rm }: VmRunOptions,
  ): Promise<void> {
    if (rm) await this.remove(client, id);
    else this.presenter.note(this.farewell(name));
  }

  private async runIn(
    client: RpcClient,
    vm: string,
    command: readonly string[],
    timeoutSeconds: number | undefined,
  ): Promise<void> {
    const tty = command.length === 0 && this.terminal.stdinIsTty && this.terminal.stdoutIsTty;
    const request = { vm, command, tty, term: this.invocation.facts.env['TERM'], timeoutSeconds };
    if (!this.presenter.json) {
      this.invocation.exitCode = await this.guest.run(client, request);
      return;
    }
    const captured = await this.guest.capture(client, request);
    this.presenter.result({ vm: await client.call('vm.get', { vm }), ...captured }, () => '');
    this.invocation.exitCode = exitCodeOfGuest(captured);
  }

  /** Waits until nothing of the VM is left, whoever deleted it. The daemon does the same by itself when this connection ends. */
  private async remove(client: RpcClient, vm: string): Promise<void> {
    const stop = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      this.presenter.note('still deleting the VM');
    });
    try {
      await client.call('vm.delete', { vm, force: true });
    } catch (error) {
      if (!isKind(error, 'VM_NOT_FOUND')) throw error;
    } finally {
      stop();
    }
  }

  private farewell(name: string): string {
    const { errStyle } = this.presenter;
    return errStyle.dim(`VM ${name} goes on: banger vm ssh ${name}, banger vm delete --force ${name}`);
  }
}

const RUN_HELP = `
Examples:
  banger vm run . -- npm test               a VM with this repository; it stays afterwards
  banger vm run --rm . -- sh -c 'make; ls'  the same, thrown away afterwards
  banger vm run --rm                        an empty VM and a shell in it
  banger vm run -d . -- npm test            goes on by itself: banger vm session list

The exit status is COMMAND's; 124 when its --timeout was over, 125 when banger itself failed,
130 when cancelled.`;
