import { resolve } from 'node:path';
import { Option, SubCommand } from 'nest-commander';
import { DaemonProcess } from '../client/daemon-process.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { renderFacts } from '../render/table.js';
import { counted, escapeControls } from '../render/text.js';

@SubCommand({
  name: 'sign',
  arguments: '<directory>',
  description: 'write catalog.json over the bundles of a directory, and sign it',
})
export class CatalogSignCommand extends BangerCommand<{ key: string }> {
  constructor(
    invocation: Invocation,
    private readonly daemon: DaemonProcess,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({
    flags: '--key <file>',
    description: 'private key, as banger image catalog key makes it',
    required: true,
  })
  parseKey(value: string): string {
    return value;
  }

  protected override async execute([directory = '']: string[], { key }: { key: string }): Promise<void> {
    const { cwd } = this.invocation.facts;
    const signed = await this.daemon.signCatalog(resolve(cwd, directory), resolve(cwd, key));
    const names = signed.images.map(({ name }) => name).join(' ');
    this.presenter.result(signed, () =>
      renderFacts([
        ['images', escapeControls(names) || '-'],
        ['issue', String(signed.serial)],
        ['public key', signed.publicKey],
        ['sha256', signed.sha256],
      ]),
    );
    if (!this.presenter.json)
      this.presenter.note(`signed ${counted(signed.images.length, 'image')}; serve the directory as it is`);
  }
}
