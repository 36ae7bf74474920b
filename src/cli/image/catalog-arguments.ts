import { resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { PUBLIC_KEY_PATTERN } from '../../contract/names.js';
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
    const publicKey = PUBLIC_KEY_PATTERN.test(key) ? key : await this.#read(key);
    if (PUBLIC_KEY_PATTERN.test(publicKey)) return { catalog, publicKey };
    throw new UsageError(
      `--public-key ${key} is no public key`,
      'give the 44 characters that banger image catalog key has shown, or a file that has them',
    );
  }

  async #read(path: string): Promise<string> {
    let text = '';
    for await (const piece of await this.files.open(
      resolve(this.invocation.facts.cwd, path),
      '--public-key',
    )) {
      text += (piece as Buffer).toString('latin1');
      if (text.length > MAX_KEY) break;
    }
    return text.trim();
  }

  /** A name of the configuration is one word; whatever has a slash in it is a place. */
  #place(source: string): string {
    const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
    if (isAddress || !source.includes('/')) return source;
    return resolve(this.invocation.facts.cwd, source);
  }
}
