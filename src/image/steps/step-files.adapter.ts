import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { StepFiles } from './step-files.js';
import type { KeptFile } from './step-files.js';

@Injectable()
export class DiskStepFiles extends StepFiles {
  override async digest(path: string, signal: AbortSignal): Promise<string | undefined> {
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(path), hash, { signal });
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
    return hash.digest('hex');
  }

  override async touch(path: string): Promise<void> {
    const now = new Date();
    await utimes(path, now, now).catch(() => undefined);
  }

  override async list(directory: string): Promise<KeptFile[]> {
    const names = await readdir(directory).catch((): string[] => []);
    const found = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(join(directory, name)).catch(() => undefined);
        return facts?.isFile() === true ? [{ name, sizeBytes: facts.size, usedAtMs: facts.mtimeMs }] : [];
      }),
    );
    return found.flat();
  }
}
