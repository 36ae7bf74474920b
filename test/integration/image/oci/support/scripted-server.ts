import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  body: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse, count: number) => void;

/** A server on the loopback that answers as the test says, well or badly, and keeps what it was asked. */
export class ScriptedServer {
  readonly seen: SeenRequest[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    public answer: Answer,
  ) {}

  /** @param host a second address of the loopback is another host */
  static async start(answer: Answer, host = '127.0.0.1'): Promise<ScriptedServer> {
    const server = createServer();
    const scripted = new ScriptedServer(server, answer);
    server.on('connection', (socket) => {
      scripted.#sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => scripted.#sockets.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { method = '', url = '', headers } = request;
      const seen = { method, path: url, headers, body: '' };
      request.on('data', (chunk: Buffer) => (seen.body += chunk.toString()));
      request.on('end', () => {
        scripted.seen.push(seen);
        response.on('error', () => undefined);
        scripted.answer(seen, response, scripted.seen.length);
      });
    });
    server.listen(0, host);
    await once(server, 'listening');
    onTestFinished(() => scripted.stop());
    return scripted;
  }

  /** `HOST:PORT` */
  get host(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    if (this.server.listening) await once(this.server, 'close');
  }
}

/** Hands out a file as it should be, with ranges. */
export function serve(content: Buffer, { headers }: SeenRequest, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (start >= content.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  const body = content.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': body.length,
    etag: '"one"',
    ...(start > 0 && range),
  });
  response.end(body);
}
