import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option, SubCommand } from 'nest-commander';
import { openByteChannel } from '../client/rpc.js';
import type { ChannelExit, ClientByteChannel } from '../client/rpc.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { InputFiles } from '../io/input-files.js';
import { Terminal } from '../io/terminal.js';
import { UsageError } from '../usage-error.js';

interface SendOptions {
  file?: string;
  close?: boolean;
  newline?: boolean;
}

@SubCommand({
  name: 'send',
  arguments: '<session> [text]',
  description: 'give a session input: a line of text, a file, or this command’s input',
})
export class VmSessionSendCommand extends BangerCommand<SendOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly files: InputFiles,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText(
      'after',
      `
Examples:
  banger vm session send web/build yes        the line "yes"
  banger vm session send --close web/sort --file words.txt
  tar c . | banger vm session send --close web/unpack`,
    );
    return this;
  }

  @Option({ flags: '--file <path>', description: 'what is in this file' })
  parseFile(value: string): string {
    return value;
  }

  @Option({ flags: '--close', description: 'its input ends with this' })
  parseClose(): boolean {
    return true;
  }

  @Option({ flags: '-N, --no-newline', description: 'TEXT as it is, without a newline behind it' })
  parseNewline(): boolean {
    return false;
  }

  protected override async execute([session = '', text]: string[], options: SendOptions): Promise<void> {
    const source = await this.source(text, options);
    await this.connector.with(async (client) => {
      const grant = await client.call('session.send', { session, ...(options.close && { close: true }) });
      const channel = await openByteChannel({ socketPath: this.connector.socketPath, token: grant.token });
      const stop = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => this.terminal.exitNow(130));
      try {
        await Promise.race([channel.exited, this.feed(source, channel)]);
      } finally {
        stop();
        source.destroy();
        await channel.close();
      }
    });
  }

  /** Rejects when the source cannot be read; else it is the channel that tells how it ends. */
  private async feed(source: Readable, channel: ClientByteChannel): Promise<ChannelExit> {
    // Why it was not taken is told by how the channel ends.
    await pipeline(readable(source), channel.stdin).catch((error: unknown) => {
      if (error instanceof UsageError) throw error;
    });
    return await channel.exited;
  }

  private async source(text: string | undefined, { file, close, newline }: SendOptions): Promise<Readable> {
    if (text !== undefined && file !== undefined)
      throw new UsageError('TEXT and --file cannot be given together', 'leave one of them out');
    if (file !== undefined) return this.files.open(file);
    if (text !== undefined) return Readable.from([Buffer.from(newline === false ? text : `${text}\n`)]);
    // Nothing but the end, where nobody could type.
    if (close && this.terminal.stdinIsTty) return Readable.from([]);
    return this.terminal.stdin;
  }
}

/** What the source holds. @throws UsageError when it cannot be read, to be told from a channel that takes no more */
async function* readable(source: Readable): AsyncGenerator<Buffer> {
  try {
    yield* source as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `the input cannot be read any further (${code ?? 'for no known reason'})`,
      'send from a file or a pipe that can be read; what came before that has been sent',
    );
  }
}
