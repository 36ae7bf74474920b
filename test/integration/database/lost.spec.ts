import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/core/database/index.js';
import { anImage, scratchDirectory } from './support.js';

/** A state directory with one VM's directory and a database that a daemon closed. */
async function closed(): Promise<{ directory: string; file: string }> {
  const directory = scratchDirectory();
  const file = join(directory, 'banger.db');
  const database = await openDatabase({ file });
  await database.client.image.create({ data: anImage('default') });
  await database.close();
  mkdirSync(join(directory, 'vms/vm_1'), { recursive: true });
  writeFileSync(join(directory, 'vms/vm_1/root.qcow2'), 'a disk');
  return { directory, file };
}

/** What a daemon leaves that was killed: its last write is in the log alone. */
async function killed(): Promise<{ directory: string; file: string }> {
  const { directory, file } = await closed();
  const database = await openDatabase({ file });
  await database.client.image.create({ data: anImage('newest') });
  const copy = scratchDirectory();
  for (const name of readdirSync(directory).filter((entry) => entry.startsWith('banger.db')))
    copyFileSync(join(directory, name), join(copy, name));
  await database.close();
  mkdirSync(join(copy, 'vms/vm_1'), { recursive: true });
  return { directory: copy, file: join(copy, 'banger.db') };
}

const EMPTY = digest(Buffer.alloc(0));

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Every file below, with the digest of its content. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(directory, name),
  );
  return Object.fromEntries(
    files.map((path) => [path, statSync(path).isDirectory() ? 'directory' : digest(readFileSync(path))]),
  );
}

async function expectRefused(
  { directory, file }: { directory: string; file: string },
  why: RegExp,
  fix = /doctor --fix/,
): Promise<void> {
  const before = contents(directory);
  await expect(openDatabase({ file })).rejects.toMatchObject({
    kind: 'DATABASE_DAMAGED',
    why: expect.stringMatching(why) as string,
    fix: expect.stringMatching(fix) as string,
  });
  const after = contents(directory);
  // SQLite makes an empty log to look into the database, and the index of it
  for (const found of [before, after]) {
    if (found[`${file}-wal`] === EMPTY) delete found[`${file}-wal`];
    delete found[`${file}-shm`];
  }
  expect(after).toEqual(before);
}

describe('a database that was lost is never replaced by an empty one, and nothing of it is changed', () => {
  it('when the file is gone although VMs are there', async () => {
    const host = await closed();
    rmSync(host.file);
    await expectRefused(host, /missing or empty.*vms\/vm_1/);
  });

  it('when the file is empty, by itself or with a log that SQLite would throw away', async () => {
    const host = await closed();
    truncateSync(host.file, 0);
    await expectRefused(host, /missing or empty.*vms\/vm_1/);
    const crashed = await killed();
    truncateSync(crashed.file, 0);
    await expectRefused(crashed, /banger\.db-wal, which is not, belongs to it/);
  });

  it('when it is a database without tables', async () => {
    const host = await closed();
    rmSync(host.file);
    const empty = scratchDirectory();
    const other = await openDatabase({ file: join(empty, 'banger.db'), migrations: [] });
    await other.close();
    copyFileSync(join(empty, 'banger.db'), host.file);
    await expectRefused(host, /missing or empty/);
  });

  it('when it is cut off, or not a database', async () => {
    const host = await closed();
    truncateSync(host.file, 3 * 4096);
    await expectRefused(host, /./);
    writeFileSync(host.file, 'garbage '.repeat(2000));
    await expectRefused(host, /not a database/);
  });

  it('when its log is whole but the file it belongs to is damaged', async () => {
    const host = await killed();
    const bytes = readFileSync(host.file);
    bytes.fill(0xff, 4096, 6 * 4096);
    writeFileSync(host.file, bytes);
    await expectRefused(host, /./);
  });

  it('when a directory is in its place', async () => {
    const host = await closed();
    rmSync(host.file);
    mkdirSync(host.file);
    await expectRefused(host, /a directory is in its place/);
  });

  it('when the log of a daemon that was killed is gone; removing the mark goes on without it', async () => {
    const host = await killed();
    rmSync(`${host.file}-wal`);
    await expectRefused(host, /what it wrote last was there/, /doctor --fix/);
    rmSync(`${host.file}.open`);
    const database = await openDatabase({ file: host.file });
    expect((await database.client.image.findMany()).map(({ name }) => name)).toEqual(['default']);
    await database.close();
  });
});

it('opens what a killed daemon left, its last write included; a closed one has neither log nor mark', async () => {
  const { file } = await killed();
  const database = await openDatabase({ file });
  expect((await database.client.image.findMany()).map(({ name }) => name)).toEqual(['default', 'newest']);
  await database.close();
  expect([existsSync(`${file}-wal`), existsSync(`${file}.open`)]).toEqual([false, false]);
});
