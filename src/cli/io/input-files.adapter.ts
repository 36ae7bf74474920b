import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UsageError } from '../usage-error.js';
import { InputFiles } from './input-files.js';

export class InputFilesAdapter extends InputFiles {
  override async open(path: string): Promise<Readable> {
    try {
      const handle = await open(path, 'r');
      if (!(await handle.stat()).isDirectory()) return handle.createReadStream();
      await handle.close();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(
        `--file ${path} cannot be read (${code ?? 'for no known reason'})`,
        'name a file that can',
      );
    }
    throw new UsageError(`--file ${path} is a directory`, 'name a file');
  }
}
