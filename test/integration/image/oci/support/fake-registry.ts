import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { OCI, sha256 } from './image-layout.js';
import type { Blob } from './image-layout.js';
import { ScriptedServer, serve } from './scripted-server.js';
import type { SeenRequest } from './scripted-server.js';

/** True when it has answered. */
export type Hook = (request: SeenRequest, response: ServerResponse) => boolean;

/** A registry of one image, that does what a test says before it does what it should. */
export class FakeRegistry {
  readonly contents = new Map<string, { content: Buffer; mediaType: string }>();
  readonly layers: readonly [Buffer, Buffer] = [randomBytes(400_000), randomBytes(100_000)];
  hook: Hook = () => false;

  private constructor(readonly server: ScriptedServer) {}

  static async start(host?: string, layers?: readonly [Buffer, Buffer]): Promise<FakeRegistry> {
    const server = await ScriptedServer.start(() => undefined, host);
    const registry = new FakeRegistry(server);
    if (layers !== undefined) Object.assign(registry, { layers });
    server.answer = (request, response) => {
      if (!registry.hook(request, response)) registry.#answer(request, response);
    };
    registry.tag('1', registry.manifest());
    return registry;
  }

  get name(): string {
    return this.server.host;
  }
  get image(): string {
    return `${this.name}/team/base:1`;
  }

  put(mediaType: string, content: Buffer): Blob {
    const digest = sha256(content);
    this.contents.set(digest, { content, mediaType });
    return { mediaType, digest, size: content.length };
  }

  json(mediaType: string, document: unknown): Blob {
    return this.put(mediaType, Buffer.from(JSON.stringify(document)));
  }

  config(changes: object = {}): Blob {
    return this.json(OCI.config, {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: this.layers.map(sha256) },
      ...changes,
    });
  }

  manifest(changes: object = {}): Blob {
    const layers = this.layers.map((content) => this.put(OCI.layer, content));
    return this.json(OCI.manifest, { schemaVersion: 2, config: this.config(), layers, ...changes });
  }

  tag(name: string, { digest, mediaType }: Blob): void {
    const content = this.contents.get(digest)?.content ?? Buffer.alloc(0);
    this.contents.set(name, { content, mediaType });
  }

  /** Of the content with this digest, how often it was asked for. */
  asked(digest: string): number {
    return this.server.seen.filter(({ path }) => path.endsWith(digest)).length;
  }

  #answer(request: SeenRequest, response: ServerResponse): void {
    const name = request.path.split('/').at(-1) ?? '';
    const found = this.contents.get(name);
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', found.mediaType);
    serve(found.content, request, response);
  }
}
