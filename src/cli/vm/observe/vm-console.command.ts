import { Option, SubCommand } from 'nest-commander';
import type { VmConsoleChunk } from '../../../contract/vm-observation.dto.js';
import { isKind } from '../../../core/errors/index.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { BangerCommand } from '../../command/banger-command.js';
import { parseCount } from '../../command/parse.js';
import { Invocation } from '../../invocation.js';
import { Terminal } from '../../io/terminal.js';
import { ConsoleCleaner } from '../../render/console-cleaner.js';
import { Presenter } from '../../render/presenter.js';

interface VmConsoleOptions {
  follow?: boolean;
  tail?: number;
  raw?: boolean;
}

@SubCommand({
  name: 'console',
  arguments: '<vm>',
  description: 'the serial console of a VM since its last start; also of one that does not run',
})
export class VmConsoleCommand extends BangerCommand<VmConsoleOptions> {
  private endsWithNewline = true;

  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText(
      'after',
      `
Escape sequences are left out: what a guest prints could otherwise do anything to your terminal. With --json each
piece is an object on a line of its own, as the guest wrote it.`,
    );
    return this;
  }

  @Option({ flags: '-f, --follow', description: 'go on with what comes, also over restarts, until Ctrl-C' })
  parseFollow(): boolean {
    return true;
  }

  @Option({ flags: '-n, --tail <lines>', description: 'begin with the last so many lines (default: all)' })
  parseTail(value: string): number {
    return parseCount('--tail', value);
  }

  @Option({ flags: '--raw', description: 'every byte as the guest wrote it, escape sequences too' })
  parseRaw(): boolean {
    return true;
  }

  protected override async execute([vm = '']: string[], options: VmConsoleOptions): Promise<void> {
    const stop = new AbortController();
    const unsubscribe = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => stop.abort());
    void this.terminal.stdoutClosed.then(() => stop.abort());
    const show = this.shower(options.raw ?? false);
    try {
      await this.connector.with(async (client) => {
        const params = {
          vm,
          ...(options.follow && { follow: true }),
          ...(options.tail !== undefined && { lines: options.tail }),
        };
        const end = await client.stream('vm.console', params, { onValue: show, signal: stop.signal });
        if (end.reason === 'deleted') this.presenter.note(`${end.name} was deleted`);
      });
    } catch (error) {
      // Ctrl-C is how following ends.
      if (!stop.signal.aborted || !isKind(error, 'CANCELLED')) throw error;
    } finally {
      unsubscribe();
      if (!this.endsWithNewline && this.terminal.stdoutIsTty) this.terminal.out('\n');
    }
  }

  private shower(isRaw: boolean): (chunk: VmConsoleChunk) => void {
    if (this.presenter.json) return (chunk) => this.terminal.out(`${JSON.stringify(chunk)}\n`);
    let cleaner = new ConsoleCleaner();
    return ({ text, restarted }) => {
      if (restarted === true) {
        cleaner = new ConsoleCleaner();
        if (!this.endsWithNewline) this.terminal.out('\n');
        this.presenter.note('-- the VM was started anew --');
      }
      const shown = isRaw ? text : cleaner.clean(text);
      if (shown === '') return;
      this.terminal.out(shown);
      this.endsWithNewline = shown.endsWith('\n');
    };
  }
}
