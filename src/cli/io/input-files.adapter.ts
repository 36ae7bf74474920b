import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UsageError } from '../usage-error.js';
import { InputFiles } from './input-files.js';

export class InputFilesAdapter extends InputFiles {
  override async open(path: string, option?: string): Promise<Readable> {
    return (await this.measured(path, option)).stream;
  }

  override async measured(
    path: string,
    option = '--file',
  ): Promise<{ stream: Readable; sizeBytes?: number }> {
    const named = `${option} ${path}`.trim();
    try {
      const handle = await open(path, 'r');
      const facts = await handle.stat();
      if (!facts.isDirectory())
        return { stream: handle.createReadStream(), ...(facts.isFile() && { sizeBytes: facts.size }) };
      await handle.close();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(
        `${named} cannot be read (${code ?? 'for no known reason'})`,
        'name a file that can',
      );
    }
    throw new UsageError(`${named} is a directory`, 'name a file');
  }
}
