// Writes a new migration, or checks that none is missing.
//   node scripts/migration.mjs NAME     difference between the newest migration's schema and prisma/schema.prisma
//   node scripts/migration.mjs --check  exit status 1 when there is such a difference
//   node scripts/migration.mjs --sql    prints the SQL that makes the whole schema from nothing
// Prisma's own `migrate dev` wants an engine binary that npm does not bring; its WebAssembly build compares two
// schemas without any database. Renamed columns come out as dropped and added: read the SQL before committing it.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';

const root = dirname(import.meta.dirname);
const migrations = join(root, 'prisma/migrations');
const schemaFile = join(root, 'prisma/schema.prisma');
const EMPTY = 'datasource db {\n  provider = "sqlite"\n}\n';

/** Comparing needs no database, yet the engine wants an adapter to tell it the dialect. */
const dialectOnly = {
  provider: 'sqlite',
  adapterName: 'none',
  errorRegistry: { consumeError: () => undefined },
  connect: async () => ({ ok: true, value: dialectOnly }),
  connectToShadowDb: async () => ({ ok: true, value: dialectOnly }),
  getConnectionInfo: () => ({ ok: true, value: { maxBindValues: 999, supportsRelationJoins: false } }),
  dispose: async () => ({ ok: true, value: undefined }),
};

async function loadEngine() {
  const directory = dirname(
    createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const bytes = readFileSync(join(directory, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engine });
  // oxlint-disable-next-line no-underscore-dangle -- names that wasm-bindgen gives
  engine.__wbg_set_wasm(instance.exports);
  // oxlint-disable-next-line no-underscore-dangle -- the same
  instance.exports.__wbindgen_start();
}

function target(content) {
  return { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] };
}

/** @returns SQL that turns one schema into the other; empty when they make the same database */
async function difference(from, to) {
  await loadEngine();
  const schemaEngine = await engine.SchemaEngine.new({ datamodels: undefined }, () => {}, dialectOnly);
  const filters = { externalTables: [], externalEnums: [] };
  const request = { from: target(from), to: target(to), script: true, exitCode: true, filters };
  const { exitCode, stdout } = await schemaEngine.diff(request);
  return exitCode === 0 ? '' : (stdout ?? '');
}

function existing() {
  return existsSync(migrations)
    ? readdirSync(migrations)
        .filter((name) => /^\d{4}_/.test(name))
        .toSorted()
    : [];
}

function write(name, sql) {
  const number = `${Number(existing().at(-1)?.slice(0, 4) ?? 0) + 1}`.padStart(4, '0');
  const directory = join(migrations, `${number}_${name}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'migration.sql'), sql);
  copyFileSync(schemaFile, join(directory, 'schema.prisma'));
  return directory;
}

const argument = process.argv[2] ?? '';
const newest = existing().at(-1);
const previous =
  newest === undefined || argument === '--sql'
    ? EMPTY
    : readFileSync(join(migrations, newest, 'schema.prisma'), 'utf8');
const sql = await difference(previous, readFileSync(schemaFile, 'utf8'));
if (argument === '--sql') {
  process.stdout.write(sql);
} else if (sql === '') {
  console.log('the schema and the newest migration agree');
} else if (argument === '--check') {
  console.error(
    `prisma/schema.prisma changed since ${newest}; write a migration: node scripts/migration.mjs NAME\n\n${sql}`,
  );
  process.exitCode = 1;
} else if (/^[a-z0-9_]+$/.test(argument)) {
  console.log(`wrote ${write(argument, sql)}`);
} else {
  console.error('usage: node scripts/migration.mjs NAME | --check | --sql   (NAME: a-z, 0-9 and _)');
  process.exitCode = 2;
}
