import { resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { InputFiles } from '../io/input-files.js';
import { Invocation } from '../invocation.js';
import { UsageError } from '../usage-error.js';

export interface CatalogOptions {
  readonly catalog: string;
  readonly publicKey?: string;
}

/** `characters` of a key's file */
const MAX_KEY = 4096;

/** What a user says of a catalog, for a daemon that is elsewhere and may not read what the user may. */
@Injectable()
export class CatalogArguments {
  constructor(
    private readonly invocation: Invocation,
    private readonly files: InputFiles,
  ) {}

  /** @param key the public key itself, or the path of a file that has it @throws UsageError */
  async of(source: string, key: string | undefined): Promise<CatalogOptions> {
    const catalog = this.#place(source);
    if (key === undefined) return { catalog };
    if (/^[A-Za-z0-9+/]{43}=$/.test(key)) return { catalog, publicKey: key };
    const stream = await this.files.open(resolve(this.invocation.facts.cwd, key), '--public-key');
    let text = '';
    for await (const piece of stream) {
      text += (piece as Buffer).toString('latin1');
      if (text.length > MAX_KEY) break;
    }
    const publicKey = text.trim();
    if (publicKey.length > 0 && publicKey.length <= MAX_KEY) return { catalog, publicKey };
    throw new UsageError(`--public-key ${key} is no public key`, 'name a file that has one: 44 characters');
  }

  /** A name of the configuration is one word; whatever has a slash in it is a place. */
  #place(source: string): string {
    const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
    if (isAddress || !source.includes('/')) return source;
    return resolve(this.invocation.facts.cwd, source);
  }
}
