import { Command } from 'nest-commander';
import type { HelloView } from '../../contract/system.dto.js';
import { CONTRACT_VERSION, VERSION } from '../../contract/version.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';

@Command({ name: 'version', description: 'versions of banger and of the daemon, if it runs' })
export class VersionCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const daemon = await this.askDaemon();
    const result = { version: VERSION, contract: CONTRACT_VERSION, node: process.version, daemon };
    this.presenter.result(result, () => {
      const theirs = daemon === null ? 'daemon not running' : `daemon ${daemon.version}`;
      return `banger ${VERSION} (node ${process.version}, ${theirs})\n`;
    });
    if (daemon !== null && daemon.contract !== CONTRACT_VERSION) {
      this.presenter.warn('the daemon speaks another contract; restart it: banger daemon stop');
    }
  }

  /** The version is told even where the daemon cannot be asked. */
  private async askDaemon(): Promise<HelloView | null> {
    try {
      const client = await this.connector.connectIfRunning();
      if (client === undefined) return null;
      const hello = await client.call('system.hello', {});
      await client.close();
      return hello;
    } catch {
      return null;
    }
  }
}
