import { constants } from 'node:fs';
import { open, readlink, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LocalFileOptions } from './catalog-documents.js';
import { DocumentProblem } from './json-checks.js';

const READ_BY_OTHERS = 0o004;
const PASS_BY_OTHERS = 0o001;

/** The caller closes it. @throws DocumentProblem */
export async function openPlainFile(
  path: string,
  { forEverybody = false }: LocalFileOptions,
): Promise<FileHandle> {
  // a pipe without a writer would be waited for in vain
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  });
  if (file !== undefined && (!forEverybody || (await isForEverybody(file)))) {
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new DocumentProblem(`${path} is not a plain file`);
  }
  await file?.close();
  // which of the two it is would tell what lies in places that are not the asker's
  if (forEverybody)
    throw new DocumentProblem(
      `there is no file ${path} that everybody may read`,
      'check the path, and that it and the directories above it are open to all users (chmod o+rX): the daemon opens no more for anybody than that',
    );
  throw new DocumentProblem(`there is no file ${path}`, 'check the path');
}

/** Asked of the open file, so that the answer is not about another. */
async function isForEverybody(file: FileHandle): Promise<boolean> {
  if (((await file.stat()).mode & READ_BY_OTHERS) === 0) return false;
  const path = await readlink(`/proc/self/fd/${file.fd}`);
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    // one that was taken away meanwhile is open to nobody
    const mode = await stat(directory).then(
      (found) => found.mode,
      () => 0,
    );
    if ((mode & PASS_BY_OTHERS) === 0) return false;
    if (directory === '/') return true;
  }
}
