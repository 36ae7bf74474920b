import { Option, SubCommand } from 'nest-commander';
import { SESSION_NAME_PATTERN, SESSION_ON_EXIT } from '../../contract/names.js';
import type { SessionOnExit } from '../../contract/names.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { parseSpan } from '../command/parse.js';
import { GuestCommandBase } from '../guest/guest-command-options.js';
import type { GuestCommandOptions } from '../guest/guest-command-options.js';
import { Invocation } from '../invocation.js';
import { UsageError } from '../usage-error.js';
import { SessionStarter } from './session-starter.js';

interface StartOptions extends GuestCommandOptions {
  name?: string;
  tty?: boolean;
  stdin?: boolean;
  timeout?: number;
  onExit?: SessionOnExit;
}

@SubCommand({
  name: 'start',
  arguments: '<vm>',
  description: 'start a command that goes on whatever becomes of this terminal, and print its id',
})
export class VmSessionStartCommand extends GuestCommandBase<StartOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly starter: SessionStarter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--name <name>', description: 'to find it by: banger vm session attach NAME' })
  parseName(value: string): string {
    if (SESSION_NAME_PATTERN.test(value)) return value;
    throw new UsageError(
      `--name ${JSON.stringify(value)} is no name for a session`,
      'write 1 to 63 of letters, digits, ".", "_" and "-", a letter or digit first',
    );
  }

  @Option({ flags: '-t, --tty', description: 'give it a terminal, to attach to (default: only for a shell)' })
  parseTty(): boolean {
    return true;
  }

  @Option({ flags: '-i, --stdin', description: 'let it take input: banger vm session send' })
  parseStdin(): boolean {
    return true;
  }

  @Option({ flags: '--timeout <duration>', description: 'end it after so long: 90s, 30m, 2h' })
  parseTimeout(value: string): number {
    return parseSpan('--timeout', value);
  }

  @Option({
    flags: '--on-exit <what>',
    description: 'at its end: notify (runs session.notify_command), or stop-vm',
  })
  parseOnExit(value: string): SessionOnExit {
    const known = SESSION_ON_EXIT.find((one) => one === value);
    if (known !== undefined) return known;
    throw new UsageError(
      `--on-exit ${JSON.stringify(value)} is nothing that can happen`,
      `there are ${SESSION_ON_EXIT.join(' and ')}`,
    );
  }

  protected override async execute([vm = '']: string[], options: StartOptions): Promise<void> {
    const command = this.invocation.passthrough ?? [];
    const { name, cwd, env, timeout, onExit, stdin } = options;
    const request = {
      vm,
      command,
      cwd,
      env,
      timeoutSeconds: timeout,
      tty: options.tty ?? command.length === 0,
      more: {
        ...(name !== undefined && { name }),
        ...(onExit !== undefined && { onExit }),
        ...(stdin && { stdin }),
      },
    };
    await this.connector.with((client) => this.starter.start(client, request));
  }
}
