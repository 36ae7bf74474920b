import { createHash } from 'node:crypto';
import { Documents } from '../download/documents.js';
import type { HttpDocument } from '../download/documents.js';
import { DownloadStatusError } from '../download/download.errors.js';
import { Downloads } from '../download/downloads.js';
import { saysNoTls } from '../download/network-failures.js';
import { authorize } from './authorization.js';
import { parseChallenge } from './challenge.js';
import type { Endpoint } from './endpoints.js';
import { explainRegistryFailure, explainStatus } from './explain-registry-failure.js';
import type { Asked } from './explain-registry-failure.js';
import { DocumentProblem } from './json-document.js';
import { MAX_LAYER_BYTES, MAX_MANIFEST_BYTES } from './manifest.js';
import type { Descriptor } from './manifest.js';
import { ACCEPTED_MANIFESTS } from './media-types.js';
import { RegistryFailedError } from './oci.errors.js';
import { RegistryCredentials } from './registry-credentials.js';
import type { CredentialLookup } from './registry-credentials.js';

export interface RegistryTools {
  readonly documents: Documents;
  readonly downloads: Downloads;
  readonly credentials: RegistryCredentials;
}

export interface ManifestDocument {
  /** `sha256:HEX` of the content */
  readonly digest: string;
  readonly content: Buffer;
  /** as the registry says */
  readonly contentType: string | undefined;
}

/** One image's conversation with one server; logs in when it is asked to, and again when a token has run out. */
export class RegistrySession {
  #scheme: Promise<string> | undefined;
  #lookup: Promise<CredentialLookup> | undefined;
  #trouble: string | undefined;
  #authorization: string | undefined;
  #authorizing: Promise<void> | undefined;

  constructor(
    readonly endpoint: Endpoint,
    private readonly image: string,
    private readonly tools: RegistryTools,
    private readonly signal: AbortSignal,
  ) {}

  /** @param name tag or digest; the content of a digest is verified */
  async manifest(name: string, part = 'manifest'): Promise<ManifestDocument> {
    return this.#explained(part, async () => {
      const answer = await this.#document(`manifests/${name}`, MAX_MANIFEST_BYTES, part);
      const digest = digestOf(answer.content);
      if (name.startsWith('sha256:') && digest !== name)
        throw new DocumentProblem(`it should have the checksum ${name} and has ${digest}`);
      return { digest, content: answer.content, contentType: answer.header('content-type') };
    });
  }

  /** Into memory, verified. */
  async smallBlob({ digest, size }: Descriptor, part: string): Promise<Buffer> {
    return this.#explained(part, async () => {
      const { content } = await this.#document(`blobs/${digest}`, size, part);
      if (content.length !== size)
        throw new DocumentProblem(`it has ${content.length} bytes instead of ${size}`);
      const found = digestOf(content);
      if (found !== digest)
        throw new DocumentProblem(`it should have the checksum ${digest} and has ${found}`);
      return content;
    });
  }

  /** Into a file, verified. */
  async download(
    { digest, size }: Descriptor,
    path: string,
    facts: { signal: AbortSignal; onProgress: (receivedBytes: number) => void },
  ): Promise<void> {
    await this.#explained(digest, async () => {
      const url = await this.#url(`blobs/${digest}`);
      await this.#authorized(async (headers) => {
        const request = { url, headers, path, digest, sizeBytes: size, maxBytes: MAX_LAYER_BYTES };
        await this.tools.downloads.fetch({ ...request, ...facts });
      });
    });
  }

  async #document(path: string, maxBytes: number, part: string): Promise<HttpDocument> {
    const url = await this.#url(path);
    return this.#authorized(async (authorization) => {
      const headers = { accept: path.startsWith('manifests/') ? ACCEPTED_MANIFESTS : '*/*' };
      const answer = await this.tools.documents.fetch(
        { url, headers: { ...headers, ...authorization }, signal: this.signal },
        maxBytes,
      );
      if (answer.status === 401)
        throw new DownloadStatusError(answer.host, 401, answer.header('www-authenticate'));
      if (answer.status !== 200) throw explainStatus(answer.status, this.#asked(part));
      return answer;
    });
  }

  /** Once more, logged in, when the first answer is that one has to be. */
  async #authorized<T>(ask: (headers: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
    const used = this.#authorization;
    try {
      return await ask(header(used));
    } catch (error) {
      if (!(error instanceof DownloadStatusError) || error.status !== 401) throw error;
      // another layer may have logged in meanwhile
      if (this.#authorization === used) {
        this.#authorizing ??= this.#logIn(error.challenge).finally(() => {
          this.#authorizing = undefined;
        });
        await this.#authorizing;
      }
      return ask(header(this.#authorization));
    }
  }

  async #logIn(header: string | undefined): Promise<void> {
    const { endpoint, signal } = this;
    const challenge = parseChallenge(header);
    if (challenge === undefined) {
      throw new RegistryFailedError(endpoint.registry, {
        reason: 'it asks to log in by a way that banger does not know (neither Basic nor Bearer)',
      });
    }
    this.#lookup ??= this.tools.credentials.find(endpoint.registry, endpoint.repository, signal);
    const lookup = await this.#lookup;
    this.#trouble = lookup.trouble;
    this.#authorization = await authorize(this.tools.documents, challenge, { endpoint, lookup, signal });
  }

  async #url(path: string): Promise<string> {
    this.#scheme ??= this.#findScheme();
    return `${await this.#scheme}://${this.endpoint.host}/v2/${this.endpoint.repository}/${path}`;
  }

  async #findScheme(): Promise<string> {
    const { scheme, host } = this.endpoint;
    if (scheme !== undefined) return scheme;
    try {
      await this.tools.documents.fetchOnce({ url: `https://${host}/v2/`, signal: this.signal }, 64 * 1024);
      return 'https';
    } catch (error) {
      return saysNoTls(error) ? 'http' : 'https';
    }
  }

  async #explained<T>(part: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainRegistryFailure(error, this.#asked(part));
    }
  }

  #asked(part: string): Asked {
    return { endpoint: this.endpoint, image: this.image, part, trouble: this.#trouble };
  }
}

function header(authorization: string | undefined): Record<string, string> {
  return authorization === undefined ? {} : { authorization };
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
