import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { BangerError, cancellation, DiskFullError, isDiskFull } from '../../core/errors/index.js';
import { imageDigest } from '../metadata/image-digest.js';
import { BUNDLE_SUFFIX, digestFacts } from './bundle-manifest.js';
import { Bundles } from './bundles.js';
import { CatalogInvalidError } from './catalog.errors.js';
import { CATALOG_NAME, formatCatalog, MAX_CATALOG_BYTES, parseCatalog, SIGNATURE_SUFFIX } from './catalog.js';
import type { CatalogImage } from './catalog.js';
import { CatalogDocuments } from './catalog-documents.js';
import { createSigningKey, MAX_KEY_BYTES, parsePrivateKey, signatureOf } from './catalog-signature.js';
import { CatalogWriter } from './catalog-writer.js';
import type { SignCatalogRequest, SignedCatalog } from './catalog-writer.js';
import { DocumentProblem } from './json-checks.js';

/** Of a private key: nothing for group and others. */
const FOR_OTHERS = 0o077;

@Injectable()
export class DiskCatalogWriter extends CatalogWriter {
  constructor(
    private readonly bundles: Bundles,
    private readonly documents: CatalogDocuments,
  ) {
    super();
  }

  override async sign(request: SignCatalogRequest): Promise<SignedCatalog> {
    const { directory, signal } = request;
    return this.#sign(request).catch((error: unknown) => {
      throw explain(error, directory, signal);
    });
  }

  override async createKey(path: string): Promise<string> {
    const { privatePem, publicKey } = createSigningKey();
    try {
      await writeSynced(path, privatePem, 0o600);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? new CatalogInvalidError(path, {
            reason: 'there is a file already where its private key is to be',
            fix: 'name another file, or go on with that key',
          })
        : error;
    }
    return publicKey;
  }

  async #sign({ directory, privateKeyPath, serial, signal }: SignCatalogRequest): Promise<SignedCatalog> {
    const { key, publicKey } = parsePrivateKey(await readPrivateKey(privateKeyPath));
    const names = (await readdir(directory)).filter((name) => name.endsWith(BUNDLE_SUFFIX)).toSorted();
    const images: CatalogImage[] = [];
    for (const name of names) images.push(await this.#describe(directory, name, signal));
    const path = join(directory, CATALOG_NAME);
    const issue = { serial: serial ?? (await this.#nextSerial(path)), images };
    const content = formatCatalog(issue);
    // what others would refuse is not signed
    parseCatalog(content);
    await replace(path, content);
    await replace(path + SIGNATURE_SUFFIX, signatureOf(content, key));
    return { ...issue, sha256: createHash('sha256').update(content).digest('hex'), publicKey };
  }

  async #describe(directory: string, file: string, signal: AbortSignal): Promise<CatalogImage> {
    const path = join(directory, file);
    const manifest = await this.bundles.peek(path, signal);
    const { name, description, distribution } = manifest.image;
    const hash = createHash('sha256');
    let sizeBytes = 0;
    await pipeline(
      createReadStream(path, { highWaterMark: 1024 * 1024 }),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          hash.update(piece);
          sizeBytes += piece.length;
        }
      },
      { signal },
    );
    return {
      name,
      ...(description !== undefined && { description }),
      distribution,
      digest: imageDigest(digestFacts(manifest)),
      bundle: { url: encodeURIComponent(file), sha256: hash.digest('hex'), sizeBytes },
    };
  }

  async #nextSerial(path: string): Promise<number> {
    try {
      return parseCatalog(await this.documents.read(path, { maxBytes: MAX_CATALOG_BYTES })).serial + 1;
    } catch (error) {
      if (error instanceof DocumentProblem) return 1;
      throw error;
    }
  }
}

async function readPrivateKey(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if ((stat.mode & FOR_OTHERS) !== 0)
      throw new DocumentProblem(
        `the private key ${path} can be read by others`,
        `chmod 600 ${path}; if somebody may have read it, make a new one`,
      );
    if (!stat.isFile() || stat.size > MAX_KEY_BYTES) throw new DocumentProblem(`${path} is no private key`);
    return await file.readFile('latin1');
  } finally {
    await file.close();
  }
}

async function replace(path: string, content: string | Buffer): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  try {
    await writeSynced(part, content, 0o644);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function writeSynced(path: string, content: string | Buffer, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function explain(error: unknown, directory: string, signal: AbortSignal): unknown {
  if (error instanceof BangerError) return error;
  if (signal.aborted) return cancellation(signal, 'the catalog');
  if (isDiskFull(error)) return new DiskFullError(directory, error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (!(error instanceof DocumentProblem) && code !== 'ENOENT') return error;
  return new CatalogInvalidError(directory, {
    reason: error instanceof DocumentProblem ? error.message : `there is no ${path}`,
    fix: (error instanceof DocumentProblem ? error.fix : undefined) ?? 'check the bundles of the directory',
    cause: error,
  });
}
