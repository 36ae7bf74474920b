import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { GuestCommand } from '../guest/guest-command.js';
import { exitCodeOfGuest } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { addVariable, parseSpan } from '../command/parse.js';

interface VmExecOptions {
  env?: Record<string, string>;
  cwd?: string;
  tty?: boolean;
  timeout?: number;
  detach?: boolean;
}

@SubCommand({ name: 'exec', arguments: '<vm>', description: 'run a command in a VM' })
export class VmExecCommand extends BangerCommand<VmExecOptions> {
  protected override readonly takesPassthrough = true;

  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly guest: GuestCommand,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    return super.setCommand(command.usage('[options] VM [-- COMMAND…]'));
  }

  @Option({
    flags: '--env <K=V>',
    description: 'variable for the command; K alone takes your value (repeatable)',
  })
  parseEnv(value: string, previous?: Record<string, string>): Record<string, string> {
    return addVariable(value, previous, this.invocation.facts.env);
  }

  @Option({
    flags: '--cwd <directory>',
    description: 'directory in the guest (default: the workspace, or else home)',
  })
  parseCwd(value: string): string {
    if (!value.startsWith('/')) throw new UsageError('--cwd must be an absolute directory in the guest');
    return value;
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
