import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { GuestCommand } from '../guest/guest-command.js';
import { exitCodeOfGuest } from '../guest/guest-exit.js';
import { GuestCommandBase } from '../guest/guest-command-options.js';
import type { GuestCommandOptions } from '../guest/guest-command-options.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { parseSpan } from '../command/parse.js';

interface VmExecOptions extends GuestCommandOptions {
  tty?: boolean;
  timeout?: number;
  detach?: boolean;
}

@SubCommand({ name: 'exec', arguments: '<vm>', description: 'run a command in a VM' })
export class VmExecCommand extends GuestCommandBase<VmExecOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly guest: GuestCommand,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  @Option({
    flags: '--timeout <duration>',
    description: 'end the command after 90s, 30m, 1h30m (TERM, 10 s later KILL; exit status 124)',
  })
  parseTimeout(value: string): number {
    return parseSpan('--timeout', value);
  }

  @Option({ flags: '-t, --tty', description: 'give the command a terminal (default: only for a shell)' })
  parseTty(): boolean {
    return true;
  }

  @Option({ flags: '--no-tty', description: 'never use a terminal' })
  parseNoTty(): boolean {
    return false;
  }

  @Option({ flags: '-d, --detach', description: 'make a session of it, and print its id: banger vm session' })
  parseDetach(): boolean {
    return true;
  }

  protected override async execute([vm = '']: string[], options: VmExecOptions): Promise<void> {
    const command = this.invocation.passthrough ?? [];
    if (options.detach) return this.detach(vm, command, options);
    const interactive = this.terminal.stdinIsTty && this.terminal.stdoutIsTty;
    if (this.presenter.json && (command.length === 0 || options.tty === true)) {
      throw new UsageError(
        'vm exec --json needs a COMMAND and no terminal, as its result holds the command’s output',
      );
    }
    if (options.tty === true && !interactive)
      throw new UsageError('--tty needs a terminal on stdin and stdout');
    const tty = options.tty ?? (command.length === 0 && interactive);
    const request = {
      vm,
      command,
      tty,
      cwd: options.cwd,
      env: options.env,
      term: this.invocation.facts.env['TERM'],
      timeoutSeconds: options.timeout,
    };
    this.invocation.guestExitCodes = true;
    await this.connector.with(async (client) => {
      if (!this.presenter.json) {
        this.invocation.exitCode = await this.guest.run(client, request);
        return;
      }
      const captured = await this.guest.capture(client, request);
      this.presenter.result({ vm: await client.call('vm.get', { vm }), ...captured }, () => '');
      this.invocation.exitCode = exitCodeOfGuest(captured);
    });
  }

  private async detach(vm: string, command: readonly string[], options: VmExecOptions): Promise<void> {
    const { cwd, env, tty = command.length === 0, timeout: timeoutSeconds } = options;
    const request = { vm, command, cwd, env, tty, timeoutSeconds };
    await this.connector.with((client) => this.guest.detach(client, request));
  }
}
