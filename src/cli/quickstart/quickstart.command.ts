import { Command, Option } from 'nest-commander';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { QuickstartDaemon } from './quickstart-daemon.js';
import { QuickstartDemonstration } from './quickstart-demonstration.js';
import { QuickstartHost } from './quickstart-host.js';
import { QuickstartSteps } from './quickstart-steps.js';

interface QuickstartOptions {
  yes?: boolean;
}

@Command({
  name: 'quickstart',
  description: 'from a bare checkout to a running sandbox, step by step; repeatable',
})
export class QuickstartCommand extends BangerCommand<QuickstartOptions> {
  constructor(
    invocation: Invocation,
    private readonly host: QuickstartHost,
    private readonly daemon: QuickstartDaemon,
    private readonly demonstration: QuickstartDemonstration,
    private readonly steps: QuickstartSteps,
  ) {
    super(invocation);
  }

  @Option({ flags: '-y, --yes', description: 'install missing Debian packages without asking' })
  parseYes(): boolean {
    return true;
  }

  protected override async execute(_: string[], options: QuickstartOptions): Promise<void> {
    const { steps } = this;
    const report = await steps.step('check the host', () => this.host.check());
    await steps.step('install what is missing', () => this.host.installMissing(report, options.yes === true));
    const client = await steps.step('start the daemon', () => this.daemon.ready());
    try {
      await steps.step('build the default image', () => this.demonstration.buildImage(client));
      const vm = await steps.step('create a VM with this repository in it', () =>
        this.demonstration.createVm(client),
      );
      const result = await steps.step('run a command in it', () => this.demonstration.runCommand(client, vm));
      this.demonstration.conclude(result);
    } finally {
      await client.close();
    }
  }
}
