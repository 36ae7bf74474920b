import { resolve } from 'node:path';
import { Option, SubCommand } from 'nest-commander';
import { ByteDownload } from '../client/byte-download.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { formatBytes } from '../render/text.js';
import { UsageError } from '../usage-error.js';

interface ImageExportOptions {
  output?: string;
  force?: boolean;
}

@SubCommand({
  name: 'export',
  arguments: '<image>',
  description: 'write an image to a file, from which banger image import makes it again anywhere',
})
export class ImageExportCommand extends BangerCommand<ImageExportOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly download: ByteDownload,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({
    flags: '-o, --output <file>',
    description: 'where to; - for stdout (default: NAME.banger.tar.zst)',
  })
  parseOutput(value: string): string {
    return value;
  }

  @Option({ flags: '-f, --force', description: 'replace a file that is there' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute(
    [image = '']: string[],
    { output, force = false }: ImageExportOptions,
  ): Promise<void> {
    if (output === '-') return this.toStdout(image);
    const file = output ?? (await this.defaultFile(image));
    const bytes = await this.download.save(file, (client) => client.call('image.export', { image }), {
      replace: force,
    });
    const path = resolve(this.invocation.facts.cwd, file);
    this.presenter.result({ file: path, bytes }, () => `${file}: ${formatBytes(bytes)}\n`);
  }

  private async toStdout(image: string): Promise<void> {
    if (this.terminal.stdoutIsTty)
      throw new UsageError(
        'an image is nothing for a terminal',
        'name a file, or let the output go elsewhere',
      );
    await this.download.show((client) => client.call('image.export', { image }));
  }

  /** In the current directory. A colon would make a host of it for scp and tar. */
  private async defaultFile(image: string): Promise<string> {
    const { name } = await this.connector.with((client) => client.call('image.get', { image }));
    return `${name.replaceAll(':', '-')}.banger.tar.zst`;
  }
}
