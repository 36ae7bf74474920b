import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { InputFiles } from '../io/input-files.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { escapeControls } from '../render/text.js';
import { UsageError } from '../usage-error.js';
import { BundleUpload } from './bundle-upload.js';

interface ImageImportOptions {
  name?: string;
  force?: boolean;
}

/** characters of a file's name that the daemon is told */
const MAX_NAME = 255;

@SubCommand({
  name: 'import',
  arguments: '<file>',
  description: 'make an image of a file that banger image export has written; nothing to do when it is there',
  argsDescription: { file: 'NAME.banger.tar.zst; - for this command’s input' },
})
export class ImageImportCommand extends BangerCommand<ImageImportOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly upload: BundleUpload,
    private readonly files: InputFiles,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--name <name>', description: 'its name here (default: the one it was exported with)' })
  parseName(value: string): string {
    return value;
  }

  @Option({ flags: '-f, --force', description: 'even when it is there, or its name is another image’s' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute([file = '']: string[], options: ImageImportOptions): Promise<void> {
    const { stream, ...facts } = await this.source(file);
    const image = await this.connector.with(async (client) => {
      const operation = await this.upload.run(client, stream, { ...facts, ...options });
      return await client.call('image.get', { image: operation.subject.name });
    });
    this.presenter.result(image, () => `${image.name}\n`);
  }

  private async source(file: string): Promise<{ stream: Readable; file: string; sizeBytes?: number }> {
    if (file !== '-') {
      const name = escapeControls(basename(file)).slice(0, MAX_NAME);
      const path = resolve(this.invocation.facts.cwd, file);
      return { ...(await this.files.measured(path, '')), file: name };
    }
    if (this.terminal.stdinIsTty)
      throw new UsageError('an image cannot be typed', 'name a file, or let the input come from one');
    return { stream: this.terminal.stdin, file: 'standard input' };
  }
}
