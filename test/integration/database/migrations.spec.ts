import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/core/database/index.js';
import { readMigrations } from '../../../src/core/database/migration-files.adapter.js';
import type { Migration } from '../../../src/core/database/migration-files.adapter.js';
import { anImage, scratchDatabase, scratchDirectory } from './support.js';

const SCRIPT = join(import.meta.dirname, '../../../scripts/migration.mjs');
const KNOWN = readMigrations();
const NEXT = `000${KNOWN.length + 1}`;

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

async function reopen(file: string, migrations: readonly Migration[]): Promise<readonly string[]> {
  const database = await openDatabase({ file, migrations });
  await database.close();
  return database.migrated;
}

/** A database with one image in it, closed. */
async function filled(): Promise<string> {
  const file = join(scratchDirectory(), 'banger.db');
  const database = await scratchDatabase(file);
  await database.client.image.create({ data: anImage('debian') });
  await database.close();
  return file;
}

function read(file: string, sql: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function backups(file: string): string[] {
  return readdirSync(join(file, '..'))
    .filter((name) => name.includes('.before-'))
    .toSorted();
}

it('has a migration for every change of the schema', () => {
  execFileSync(process.execPath, [SCRIPT, '--check'], { stdio: 'pipe' });
});

it('makes by its migrations what the schema asks for', async () => {
  const file = await filled();
  const fresh = new DatabaseSync(':memory:');
  fresh.exec(execFileSync(process.execPath, [SCRIPT, '--sql'], { encoding: 'utf8' }));
  // Where SQLite adds a column it breaks no line.
  const sql = `SELECT name, replace(replace(sql, char(10), ''), ' ', '') AS sql FROM sqlite_master WHERE name NOT LIKE '\\_prisma%' ESCAPE '\\' AND sql IS NOT NULL ORDER BY name`;
  expect(read(file, sql)).toEqual(fresh.prepare(sql).all());
  fresh.close();
});

it('makes a new database that nobody else may read, and applies nothing the second time', async () => {
  const file = join(scratchDirectory(), 'state/deep/banger.db');
  const database = await openDatabase({ file });
  const modes = readdirSync(join(file, '..')).map((name) => statSync(join(file, '..', name)).mode & 0o777);
  await database.close();
  expect({ migrated: database.migrated, modes: new Set(modes) }).toEqual({
    migrated: KNOWN.map(({ name }) => name),
    modes: new Set([0o600]),
  });
  chmodSync(file, 0o644);
  expect([await reopen(file, KNOWN), statSync(file).mode & 0o777, backups(file)]).toEqual([[], 0o600, []]);
});

it('migrates a filled database, keeps its rows, and a copy of it as it was', async () => {
  const file = await filled();
  const added = migration(
    `${NEXT}_note`,
    'ALTER TABLE "Image" ADD COLUMN "note" TEXT NOT NULL DEFAULT \'none\'',
  );
  expect(await reopen(file, [...KNOWN, added])).toEqual([added.name]);
  expect(read(file, 'SELECT name, note FROM "Image"')).toEqual([{ name: 'debian', note: 'none' }]);
  const copy = `${file}.before-${added.name}`;
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(await reopen(copy, KNOWN)).toEqual([]);
  expect(read(copy, 'SELECT name FROM "Image"')).toEqual([{ name: 'debian' }]);
  await expect(reopen(file, KNOWN)).rejects.toMatchObject({
    kind: 'DATABASE_TOO_NEW',
    details: { unknownMigrations: [added.name] },
  });
});

it('makes the one repository of a VM the first of a list', async () => {
  const file = join(scratchDirectory(), 'banger.db');
  const before = KNOWN.filter(({ name }) => name < '0006');
  await reopen(file, before);
  const old = new DatabaseSync(file);
  const { recipeDigest, distribution, kernelVersion } = anImage('debian');
  old.exec(`INSERT INTO "Image" (id, name, recipeDigest, distribution, kernelVersion, diskBytes, allocatedBytes, bootArguments)
    VALUES ('i', 'debian', '${recipeDigest}', '${distribution}', '${kernelVersion}', 1, 1, '[]')`);
  const insert =
    old.prepare(`INSERT INTO "Vm" (id, name, state, imageId, cpus, memoryMib, diskMib, env, labels, publishedPorts, ephemeral, hypervisor, mac, machineId, hostKeyPublic, workspace)
    VALUES (?, ?, 'stopped', 'i', 1, 1, 1, '{}', '{}', '[]', 0, 'qemu', ?, '0', 'key', ?)`);
  const workspace = { hostPath: "/it's", guestPath: '/root/x', workingDirectory: '/root/x', head: 'abc' };
  insert.run('with', 'with', '1', JSON.stringify(workspace));
  insert.run('without', 'without', '2', null);
  old.close();
  const database = await openDatabase({ file });
  const vms = await database.client.vm.findMany({ orderBy: { id: 'asc' } });
  await database.close();
  expect(vms.map(({ workspaces }) => workspaces)).toEqual([
    [Object.assign(workspace, { mode: 'shallow' })],
    null,
  ]);
});

it('refuses an edited migration and changes nothing', async () => {
  const file = await filled();
  const edited = KNOWN.map(({ name, sql }) => migration(name, `${sql}-- harmless\n`));
  await expect(reopen(file, edited)).rejects.toMatchObject({
    kind: 'DATABASE_MIGRATION_EDITED',
    details: { migration: KNOWN[0]?.name },
  });
  expect([backups(file), await reopen(file, KNOWN)]).toEqual([[], []]);
});

it.each([
  ['broken SQL', 'CREATE TABLE "Later" (id TEXT); DELETE FROM "Image"; SELECT nonsense FROM nowhere'],
  [
    'rows left without what they refer to',
    `INSERT INTO "OperationStep" ("operationId", "index", name, title, state, startedAt) VALUES ('op_none', 0, 'a', 'A', 'done', '2026')`,
  ],
  ['a transaction ended by the migration', 'DELETE FROM "Operation"; COMMIT'],
])('leaves the database to the older banger after a failure half-way: %s', async (_, sql) => {
  const file = await filled();
  const good = migration(`${NEXT}_good`, 'CREATE TABLE "Good" (id TEXT)');
  const bad = migration(`${NEXT}_worse`, sql);
  const copy = `${file}.before-${good.name}`;
  if (sql.endsWith('COMMIT')) {
    // Nothing can undo a COMMIT that a migration makes; the copy is what remains.
    await expect(reopen(file, [...KNOWN, good, bad])).rejects.toMatchObject({
      details: { migration: bad.name, backup: copy },
    });
    expect(await reopen(copy, KNOWN)).toEqual([]);
    return;
  }
  await expect(reopen(file, [...KNOWN, good, bad])).rejects.toMatchObject({
    kind: 'DATABASE_MIGRATION_FAILED',
    details: { migration: bad.name, backup: copy },
    fix: expect.stringContaining(copy) as string,
  });
  expect(read(file, `SELECT name FROM sqlite_master WHERE name IN ('Good', 'Later')`)).toEqual([]);
  const database = await scratchDatabase(file);
  expect((await database.client.image.findMany()).map(({ name }) => name)).toEqual(['debian']);
  expect(await database.client.$queryRaw`PRAGMA foreign_keys`).toEqual([{ foreign_keys: 1 }]);
});

it('keeps the copies of the last three migrations', async () => {
  const file = await filled();
  const later = [1, 2, 3, 4].map((at) =>
    migration(`${NEXT}_step${at}`, `CREATE TABLE "Step${at}" (id TEXT)`),
  );
  for (let count = 1; count <= later.length; count++)
    await reopen(file, [...KNOWN, ...later.slice(0, count)]);
  expect(backups(file)).toEqual([2, 3, 4].map((at) => `banger.db.before-${NEXT}_step${at}`));
});

it('says what is wrong with a state directory that cannot be used', async () => {
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'file'), '');
  await expect(openDatabase({ file: join(directory, 'file/banger.db') })).rejects.toMatchObject({
    kind: 'STATE_DIR_UNUSABLE',
    details: { path: join(directory, 'file') },
    fix: expect.stringContaining('BANGER_STATE_DIR') as string,
  });
  await expect(openDatabase({ file: '/proc/banger/banger.db' })).rejects.toMatchObject({
    kind: 'STATE_DIR_UNUSABLE',
  });
  await expect(openDatabase({ file: directory })).rejects.toMatchObject({
    kind: 'DATABASE_DAMAGED',
    why: 'a directory is in its place',
  });
});

it('says so when the file is no database, or a damaged one', async () => {
  const foreign = join(scratchDirectory(), 'banger.db');
  writeFileSync(foreign, 'this is a shopping list and not a database\n'.repeat(100));
  await expect(openDatabase({ file: foreign })).rejects.toMatchObject({
    kind: 'DATABASE_DAMAGED',
    details: { file: foreign },
  });
  expect(readFileSync(foreign, 'utf8')).toContain('shopping list');

  const cut = await filled();
  truncateSync(cut, statSync(cut).size - 8192);
  await expect(openDatabase({ file: cut })).rejects.toMatchObject({ kind: 'DATABASE_DAMAGED' });

  const scribbled = await filled();
  const bytes = readFileSync(scribbled);
  bytes.fill(0xff, 4096, 3 * 4096);
  writeFileSync(scribbled, bytes);
  await expect(openDatabase({ file: scribbled })).rejects.toMatchObject({
    kind: 'DATABASE_DAMAGED',
    why: expect.any(String) as string,
  });
});
