import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabase } from './open-database.js';

/** In the order in which rows refer to one another. */
const TABLES = ['Kernel', 'Image', 'Vm', 'LedgerEntry', 'Operation', 'OperationStep'] as const;

/** Rows whose counterpart could not be read. A ledger entry without its owner would have the owner's disk deleted. */
const WITHOUT_COUNTERPART = [
  'UPDATE Image SET kernelId = NULL WHERE kernelId NOT IN (SELECT id FROM Kernel)',
  'DELETE FROM Vm WHERE imageId NOT IN (SELECT id FROM Image)',
  `DELETE FROM LedgerEntry WHERE ownerType = 'vm' AND ownerId NOT IN (SELECT id FROM Vm)`,
  `DELETE FROM LedgerEntry WHERE ownerType = 'image' AND ownerId NOT IN (SELECT id FROM Image)`,
  `DELETE FROM LedgerEntry WHERE ownerType = 'kernel' AND ownerId NOT IN (SELECT id FROM Kernel)`,
  'DELETE FROM OperationStep WHERE operationId NOT IN (SELECT id FROM Operation)',
];

export interface Recovery {
  /** where the damaged database is kept; undefined when there was none left */
  readonly kept: string | undefined;
  /** rows read, by table, in the order in which they are told */
  readonly rows: Readonly<Record<string, number>>;
  /** the copy of before an upgrade that they came from; undefined when they came from the damaged file itself */
  readonly backup: string | undefined;
}

/**
 * Makes a new database of what can still be read of a damaged one, which is set aside whole. Nobody may have it open.
 * Killed at any moment, either the old or the new one stands under the name.
 */
export async function recoverDatabase(file: string, now: Date = new Date()): Promise<Recovery> {
  const kept = `${file}.damaged-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const workshop = join(dirname(file), '.recovering');
  const draft = join(workshop, basename(file));
  rmSync(workshop, { recursive: true, force: true });
  copyDatabase(file, kept);
  // in a directory of its own: beside VMs and images a new database would be taken for a lost one
  await (await openDatabase({ file: draft })).close();
  const { rows, backup } = await salvage(file, kept, draft);
  // A journal that stays behind would be played back into the new database.
  for (const suffix of ['-wal', '-shm', '.open']) rmSync(file + suffix, { force: true });
  sync(draft);
  renameSync(draft, file);
  sync(dirname(file));
  rmSync(workshop, { recursive: true, force: true });
  return { kept: existsSync(kept) ? kept : undefined, rows, backup };
}

async function salvage(file: string, kept: string, draft: string): Promise<Omit<Recovery, 'kept'>> {
  const source = join(dirname(draft), 'source.db');
  try {
    copyDatabase(kept, source);
    const rows = fill(draft, source);
    if ((rows['Vm'] ?? 0) > 0 || (rows['Image'] ?? 0) > 0) return { rows, backup: undefined };
    for (const backup of backupsOf(file)) {
      removeDatabase(source);
      copyDatabase(backup, source);
      try {
        // brings it up to date
        await (await openDatabase({ file: source })).close();
      } catch {
        continue;
      }
      fill(draft, source);
      return { rows: forgetWhatIsGone(draft, dirname(file)), backup };
    }
    return { rows, backup: undefined };
  } finally {
    removeDatabase(source);
  }
}

/** Copies every row that can be read into the draft; returns how many there are now. */
function fill(draft: string, source: string): Record<string, number> {
  const target = new DatabaseSync(draft, { enableForeignKeyConstraints: false });
  try {
    for (const table of TABLES) copyTable(source, target, table);
    return settle(target);
  } finally {
    target.close();
  }
}

/** A copy is older than the host: what was deleted since then is not brought back. */
function forgetWhatIsGone(draft: string, stateDirectory: string): Record<string, number> {
  const target = new DatabaseSync(draft, { enableForeignKeyConstraints: false });
  try {
    for (const [table, directory] of [
      ['Image', 'images'],
      ['Vm', 'vms'],
    ] as const) {
      const ids = target.prepare(`SELECT id FROM "${table}"`).all() as { id: string }[];
      const gone = ids.filter(({ id }) => !existsSync(join(stateDirectory, directory, id)));
      for (const { id } of gone) target.prepare(`DELETE FROM "${table}" WHERE id = ?`).run(id);
    }
    return settle(target);
  } finally {
    target.close();
  }
}

/** @returns how many rows each table has */
function settle(target: DatabaseSync): Record<string, number> {
  for (const sql of WITHOUT_COUNTERPART) target.exec(sql);
  const count = (table: string): number =>
    (target.prepare(`SELECT count(*) AS n FROM "${table}"`).get() as { n: number }).n;
  return Object.fromEntries(TABLES.map((table) => [table, count(table)]));
}

/** From both ends: a page that cannot be read hides what comes after it, in the one order as in the other. */
function copyTable(source: string, target: DatabaseSync, table: string): void {
  const columns = new Set(columnsOf(target, table));
  for (const direction of ['ASC', 'DESC']) {
    let from: DatabaseSync | undefined;
    try {
      from = new DatabaseSync(source);
      for (const row of from.prepare(`SELECT * FROM "${table}" ORDER BY rowid ${direction}`).iterate())
        insert(target, table, row, columns);
      return;
    } catch {
      // what could be read until here is kept
    } finally {
      close(from);
    }
  }
}

function insert(
  target: DatabaseSync,
  table: string,
  row: Readonly<Record<string, unknown>>,
  columns: ReadonlySet<string>,
): void {
  const given = Object.entries(row).filter(([name]) => columns.has(name));
  const names = given.map(([name]) => `"${name}"`).join(', ');
  const marks = given.map(() => '?').join(', ');
  const values = given.map(([, value]) => value as string | number | null);
  target.prepare(`INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${marks})`).run(...values);
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  const rows = database.prepare(`PRAGMA table_info("${table}")`).all() as { name: string }[];
  return rows.map(({ name }) => name);
}

/** Copies made before upgrades, the newest first. */
function backupsOf(file: string): string[] {
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(`${basename(file)}.before-`) && !name.endsWith('.tmp'))
    .map((name) => join(dirname(file), name))
    .toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
}

function copyDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal']) {
    if (!existsSync(from + suffix)) continue;
    copyFileSync(from + suffix, to + suffix);
    sync(to + suffix);
  }
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function close(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch {
    // a database that is damaged may fail at that too
  }
}
