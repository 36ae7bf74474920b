import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { UsageError } from '../usage-error.js';
import { RecipeFiles } from './recipe-files.js';
import type { RecipeFile } from './recipe-files.js';

const EXECUTABLE = 0o111;

export class RecipeFilesAdapter extends RecipeFiles {
  override async read(path: string, maxBytes: number): Promise<RecipeFile> {
    let handle: FileHandle | undefined;
    try {
      // without O_NONBLOCK the opening of a pipe would wait for its writer
      handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return await read(path, handle, maxBytes);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(
        `${path} cannot be read (${code ?? 'for no known reason'})`,
        'name a file that can',
      );
    } finally {
      await handle?.close();
    }
  }
}

async function read(path: string, handle: FileHandle, maxBytes: number): Promise<RecipeFile> {
  const facts = await handle.stat();
  if (!facts.isFile())
    throw new UsageError(
      `${path} is ${facts.isDirectory() ? 'a directory' : 'no file'}`,
      facts.isDirectory() ? 'name its files, or pack them into an archive' : 'name a file',
    );
  const buffer = Buffer.alloc(Math.min(facts.size, maxBytes) + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count)
    count = (await handle.read(buffer, length, buffer.length - length, null)).bytesRead;
  if (length > maxBytes)
    throw new UsageError(
      `${path} has more than the ${maxBytes} bytes that are left for it`,
      'have a command of the recipe download what is large',
    );
  return { content: buffer.subarray(0, length), executable: (facts.mode & EXECUTABLE) !== 0 };
}
