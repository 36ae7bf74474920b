import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InternalError } from '../core/errors/index.js';
import { ProcessModule } from '../core/process/index.js';
import { CatalogModule, CatalogWriter } from '../image/index.js';

/**
 * `bangerd catalog key FILE` and `bangerd catalog sign DIRECTORY KEY`: for those who make catalogs. The program does
 * both as whoever calls it, since a daemon has no business with their keys. Prints what it did, as JSON.
 * @throws CatalogInvalidError, BundleInvalidError, PermissionDeniedError, DiskFullError
 */
export async function runCatalogTool([task, path = '', key = '']: readonly string[]): Promise<void> {
  const app = await NestFactory.createApplicationContext(CatalogToolModule, { logger: false });
  const writer = app.get(CatalogWriter, { strict: false });
  const did = task === 'key' ? await createKey(writer, path) : await sign(writer, { task, path, key });
  process.stdout.write(`${JSON.stringify(did)}\n`);
  await app.close();
}

async function createKey(writer: CatalogWriter, path: string): Promise<{ publicKey: string }> {
  return { publicKey: await writer.createKey(path) };
}

async function sign(
  writer: CatalogWriter,
  { task = '', path, key }: { task: string | undefined; path: string; key: string },
): Promise<object> {
  if (task !== 'sign') throw new InternalError(`there is no task ${task} on catalogs`);
  const { signal } = new AbortController();
  return writer.sign({ directory: path, privateKeyPath: key, signal });
}

@Module({ imports: [ProcessModule, CatalogModule] })
class CatalogToolModule {}
