import { resolve } from 'node:path';
import { SubCommand } from 'nest-commander';
import { DaemonProcess } from '../client/daemon-process.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';

@SubCommand({
  name: 'key',
  arguments: '<file>',
  description: 'make a key for signing catalogs, and show its public half',
  argsDescription: { file: 'where the private key will be; keep it to yourself' },
})
export class CatalogKeyCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly daemon: DaemonProcess,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute([file = '']: string[]): Promise<void> {
    const path = resolve(this.invocation.facts.cwd, file);
    const { publicKey } = await this.daemon.createCatalogKey(path);
    this.presenter.result({ file: path, publicKey }, () => `${publicKey}\n`);
    if (!this.presenter.json)
      this.presenter.note(
        `the private key is in ${file}; give the line above to those who will use what it signs`,
      );
  }
}
