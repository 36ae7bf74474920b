import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChannelGrant, OperationView } from '../../../../src/contract/index.js';
import { openByteChannel } from '../../../../src/core/rpc/client.js';
import type { ClientByteChannel } from '../../../../src/core/rpc/client.js';
import { ByteChannels } from '../../../../src/core/rpc/index.js';
import { ImageExporter } from '../../../../src/image/transfer/image-exporter.js';
import { ImageImporter } from '../../../../src/image/transfer/image-importer.js';
import type { ImageHost } from '../support.js';

/** The byte channels of an image host, on a socket, with their client. */
export class ChannelHost {
  private constructor(
    readonly host: ImageHost,
    private readonly server: Server,
    private readonly socketPath: string,
  ) {}

  static async open(host: ImageHost): Promise<ChannelHost> {
    const channels = host.app.get(ByteChannels, { strict: false });
    const server = createServer((socket) => {
      socket.once('data', (hello) => {
        socket.pause();
        const end = hello.indexOf(0x0a);
        const { params } = JSON.parse(hello.toString('utf8', 0, end)) as { params: { token: string } };
        channels.accept(socket, params.token, hello.subarray(end + 1));
      });
    });
    const socketPath = join(host.directory, 'channels.sock');
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    return new ChannelHost(host, server, socketPath);
  }

  async close(): Promise<void> {
    await this.host.app.get(ByteChannels, { strict: false }).close();
    await new Promise((resolve) => this.server.close(resolve));
    await this.host.close();
  }

  open({ token }: ChannelGrant): Promise<ClientByteChannel> {
    return openByteChannel({ socketPath: this.socketPath, token });
  }

  /** The whole bundle of an image. */
  async export(image: string): Promise<Buffer> {
    const exporter = this.host.app.get(ImageExporter, { strict: false });
    const channel = await this.open(await exporter.grant(image));
    const pieces: Buffer[] = [];
    for await (const piece of channel.stdout) pieces.push(piece as Buffer);
    await channel.exited;
    return Buffer.concat(pieces);
  }

  async begin(
    params: { name?: string; force?: boolean; sizeBytes?: number } = {},
  ): Promise<ClientByteChannel> {
    const importer = this.host.app.get(ImageImporter, { strict: false });
    return this.open(importer.grant({ file: 'web.banger.tar.zst', ...params }));
  }

  /** Sends these bytes; what became of them. @throws what the channel fails with before there is an operation */
  async import(bundle: Buffer, params: Parameters<ChannelHost['begin']>[0] = {}): Promise<OperationView> {
    const channel = await this.begin(params);
    channel.stdin.end(bundle);
    const id = await operationOf(channel);
    await channel.exited;
    await channel.close();
    return (await this.host.follow(id)).view;
  }

  /** Everything that is there of images, but for those that are whole. */
  async leftovers(): Promise<{ directories: string[]; blobs: string[]; ledger: string[] }> {
    const whole = (await this.host.images.list()).map(({ id }) => id);
    const { stateDirectory } = this.host.config.values;
    const blobs = await readdir(join(stateDirectory, 'blobs')).catch(() => []);
    const directories = (await this.host.imageDirectory()).filter((name) => !whole.includes(name));
    const ledger = (await this.host.ledger.list())
      .filter(({ owner }) => owner.type === 'image' && !whole.includes(owner.id))
      .map(({ key }) => key);
    return { directories, blobs: whole.length > 0 ? [] : blobs, ledger };
  }
}

export async function operationOf(channel: ClientByteChannel): Promise<string> {
  let text = '';
  for await (const piece of channel.stdout) {
    text += String(piece);
    if (text.endsWith('\n')) break;
  }
  if (text === '') await channel.exited;
  return (JSON.parse(text) as { operation: string }).operation;
}
