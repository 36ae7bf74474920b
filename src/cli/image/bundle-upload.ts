import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ImageImportParams } from '../../contract/image-transfer.dto.js';
import type { OperationView } from '../../contract/operation.dto.js';
import { CancelledError } from '../../core/errors/index.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { openByteChannel } from '../client/rpc.js';
import type { ClientByteChannel, RpcClient } from '../client/rpc.js';
import { end, write } from '../copy/pump.js';
import { Terminal } from '../io/terminal.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { UsageError } from '../usage-error.js';

/** Hands a bundle to the daemon, and follows what it makes of it. */
@Injectable()
export class BundleUpload {
  constructor(
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly terminal: Terminal,
  ) {}

  /** Ctrl-C, and an end of the bundle before it is whole, leave nothing. @throws BangerError */
  async run(client: RpcClient, stream: Readable, params: ImageImportParams): Promise<OperationView> {
    const { token } = await client.call('image.import', params);
    const channel = await openByteChannel({ socketPath: this.connector.socketPath, token });
    let begun = false;
    let interrupted = false;
    const unsubscribe = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      interrupted = true;
      // of an operation that has begun it is told by a call, and the channel tells how that ends
      if (!begun) void channel.close();
    });
    const source = new Source(stream, channel);
    try {
      return await this.follower.run(client, async () => {
        const operation = await operationOf(channel);
        begun = true;
        return client.call('operation.get', { operation });
      });
    } catch (error) {
      source.check();
      throw interrupted && !begun ? new CancelledError(`the import of ${params.file}`) : error;
    } finally {
      unsubscribe();
      stream.destroy();
      await channel.close();
    }
  }
}

/** What goes into the channel, as long as anybody takes it. */
class Source {
  private failure: UsageError | undefined;

  constructor(
    private readonly stream: Readable,
    private readonly channel: ClientByteChannel,
  ) {
    const giveUp = (): void => {
      stream.destroy();
    };
    channel.exited.then(giveUp, giveUp);
    void this.pour();
  }

  /** @throws UsageError when it was the source that failed */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private async pour(): Promise<void> {
    try {
      for await (const chunk of this.stream) if (!(await write(this.channel.stdin, chunk as Buffer))) return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // nobody wanted any more of it
      if (code === 'ERR_STREAM_PREMATURE_CLOSE') return;
      this.failure = new UsageError(
        `the bundle cannot be read any further (${code ?? 'for no known reason'})`,
        'copy it to where it can be read, and import it from there',
      );
      await this.channel.close();
      return;
    }
    await end(this.channel.stdin);
  }
}

/** The operation of which the daemon's first line tells. @throws BangerError when it refuses the bundle before that */
async function operationOf(channel: ClientByteChannel): Promise<string> {
  let text = '';
  for await (const chunk of channel.stdout) {
    text += String(chunk);
    if (text.endsWith('\n')) break;
  }
  if (!text.endsWith('\n')) await channel.exited;
  return (JSON.parse(text) as { operation: string }).operation;
}
