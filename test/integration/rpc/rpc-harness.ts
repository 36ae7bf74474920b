import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JsonRpcServer, RpcModule, ByteChannels } from '../../../src/core/rpc/index.js';
import { RpcClient } from '../../../src/core/rpc/client.js';
import type { JsonRpcServerOptions } from '../../../src/core/rpc/index.js';
import { TEST_METHODS, TestController } from './test-methods.js';

export interface Harness {
  readonly app: INestMicroservice;
  readonly server: JsonRpcServer;
  readonly controller: TestController;
  readonly channels: ByteChannels;
  readonly socketPath: string;
  connect(): Promise<RpcClient>;
  raw(): Promise<RawClient>;
  /** closes everything and checks that the socket file is gone */
  stop(): Promise<void>;
}

export async function startHarness(
  options: Partial<JsonRpcServerOptions> & { controllers?: Type[]; providers?: Type[] } = {},
): Promise<Harness> {
  const { controllers = [TestController], providers = [], ...serverOptions } = options;
  const directory = await mkdtemp(join(tmpdir(), 'bgr-rpc-'));
  const socketPath = join(directory, 's');
  const opened: { close(): Promise<unknown> }[] = [];
  class AppModule {}
  Module({ imports: [RpcModule], controllers, providers })(AppModule);
  let server: JsonRpcServer | undefined;
  const app = await NestFactory.createMicroservice(AppModule, {
    logger: false,
    abortOnError: false,
    inject: [ByteChannels],
    useFactory: (channels: ByteChannels) => {
      server = new JsonRpcServer({ socketPath, channels, methods: TEST_METHODS, ...serverOptions });
      return { strategy: server };
    },
  });
  try {
    await app.listen();
  } catch (error) {
    await rm(directory, { recursive: true });
    throw error;
  }
  const track = <T extends { close(): Promise<unknown> }>(client: T): T => (opened.push(client), client);
  return {
    app,
    server: server as JsonRpcServer,
    controller: app.get(TestController, { strict: false }),
    channels: app.get(ByteChannels),
    socketPath,
    connect: async () => track(await RpcClient.connect({ socketPath })),
    raw: async () => track(await RawClient.connect(socketPath)),
    stop: async () => {
      await Promise.all(opened.map((client) => client.close()));
      await app.close();
      const left = await readdir(directory);
      await rm(directory, { recursive: true });
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  };
}

export interface WireMessage {
  id?: unknown;
  method?: string;
  params?: { id: unknown; value: unknown };
  result?: Record<string, unknown>;
  error?: {
    code: number;
    message: string;
    data: { kind: string; details: Record<string, unknown>; ref?: string };
  };
}

/** Speaks bytes, well-formed or not. */
export class RawClient {
  readonly lines: string[] = [];
  readonly closed: Promise<void>;
  bytesRead = 0;
  #rest = '';
  #wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((resolve) => socket.once('close', () => (resolve(), this.#wake())));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      const parts = (this.#rest + chunk.toString('utf8')).split('\n');
      this.#rest = parts.pop() ?? '';
      this.lines.push(...parts);
      this.#wake();
    });
  }

  static async connect(path: string): Promise<RawClient> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) =>
      socket.once('connect', () => resolve()).once('error', reject),
    );
    return new RawClient(socket);
  }

  send(...messages: unknown[]): void {
    this.socket.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  /** Takes the next line as JSON; undefined when the connection ends before it. */
  async next(): Promise<WireMessage | undefined> {
    while (this.lines.length === 0 && !this.socket.destroyed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const line = this.lines.shift();
    return line === undefined ? undefined : (JSON.parse(line) as WireMessage);
  }

  async take(count: number): Promise<(WireMessage | undefined)[]> {
    const taken = [];
    for (let index = 0; index < count; index += 1) taken.push(await this.next());
    return taken;
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}

/** Polls a condition that another turn of the event loop will make true. */
export async function eventually(condition: () => boolean, what: string, limitMs = 5_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
