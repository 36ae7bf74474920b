'use strict';
/**
 * Loaded into the real daemon by NODE_OPTIONS=--require: the product has no trace of it. It sees every change of the
 * books as it reaches SQLite, gives each a name that is the same in every run, and ends the daemon there when told to.
 *
 * Files in BANGER_CHAOS_DIRECTORY:
 *   writes       one line per change that has been committed: its name, a tab, and `effect` when the daemon did
 *                something outside of its books since the change before
 *   fault.json   {"id": …, "point": NAME, "nth": 1, "when": "before" | "after"}: SIGKILL at that change,
 *                counted from arming on
 *   fired        made right before the kill
 */
const childProcess = require('node:child_process');
const { appendFileSync, promises, readFileSync, writeFileSync } = require('node:fs');
const { Socket } = require('node:net');
const { DatabaseSync, StatementSync } = require('node:sqlite');

const directory = process.env.BANGER_CHAOS_DIRECTORY;
// The launcher's shell and the CLI inherit NODE_OPTIONS too.
if (directory !== undefined && process.argv[1]?.endsWith('/bangerd.cjs') === true) inject(directory);

function inject(place) {
  const kill = process.kill.bind(process);
  const effects = watchEffects();
  const names = new Map();
  const counts = new Map();
  /** names of the changes of the open transaction; undefined outside of one */
  let transaction;
  let armed;

  const meet = (point, when) => {
    const fault = readFault(place);
    if (fault === undefined) return;
    if (fault.id !== armed) counts.clear();
    armed = fault.id;
    const key = `${when} ${point}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (fault.when !== when || fault.point !== point || fault.nth !== count) return;
    writeFileSync(`${place}/fired`, key);
    kill(process.pid, 'SIGKILL');
    for (;;); // not one more instruction of the daemon
  };

  /** `run` does what the statement does. */
  const around = (statement, values, run) => {
    const sql = statement.sourceSQL;
    if (sql.startsWith('BEGIN')) transaction = [];
    if (sql === 'ROLLBACK') transaction = undefined;
    if (sql.startsWith('COMMIT')) {
      const points = transaction ?? [];
      transaction = undefined;
      return points.length === 0 ? run() : commit(points.join(' + '), run);
    }
    const point = nameOf(sql, values, names);
    if (point === undefined) return run();
    if (transaction === undefined) return commit(point, run, isNothing);
    const result = run();
    if (!isNothing(result)) transaction.push(point);
    return result;
  };

  const commit = (point, run, wasNothing = () => false) => {
    meet(point, 'before');
    const result = run();
    if (wasNothing(result)) return result;
    appendFileSync(`${place}/writes`, `${point}\t${effects.take() ? 'effect' : ''}\n`);
    meet(point, 'after');
    return result;
  };

  for (const method of ['run', 'all', 'get']) {
    const original = StatementSync.prototype[method];
    StatementSync.prototype[method] = function intercepted(...values) {
      return around(this, values, () => original.apply(this, values));
    };
  }
}

/** Everything by which a daemon changes something outside of its books: files, processes, what it says to VMMs and guests. */
function watchEffects() {
  let seen = false;
  const watch = (owner, method, counts = () => true) => {
    const original = owner[method];
    owner[method] = function watched(...args) {
      if (counts(this)) seen = true;
      return original.apply(this, args);
    };
  };
  const ours = new WeakSet(); // sockets that the daemon has connected, not those of its clients
  watch(Socket.prototype, 'connect', (socket) => ours.add(socket));
  watch(Socket.prototype, 'write', (socket) => ours.has(socket));
  watch(childProcess, 'spawn');
  watch(process, 'kill');
  const files = [
    'chmod',
    'chown',
    'copyFile',
    'cp',
    'lchown',
    'link',
    'mkdir',
    'mkdtemp',
    'open',
    'rename',
    'rm',
  ];
  for (const method of [...files, 'symlink', 'truncate', 'unlink', 'writeFile']) watch(promises, method);
  return {
    take: () => {
      const had = seen;
      seen = false;
      return had;
    },
  };
}

/** A resource that an earlier daemon wrote into the ledger. */
function lookUp(id) {
  const database = new DatabaseSync(`${process.env.BANGER_STATE_DIR}/banger.db`, { readOnly: true });
  try {
    const row = database.prepare('SELECT kind, key FROM LedgerEntry WHERE id = ?').get(id);
    return row === undefined ? 'nothing' : resource(row.kind, row.key);
  } finally {
    database.close();
  }
}

/** Whether a statement found no row to change: jobs look now and then, in their own time, for what is due. */
function isNothing(result) {
  return Array.isArray(result) ? result.length === 0 : Number(result?.changes) === 0;
}

function readFault(place) {
  try {
    return JSON.parse(readFileSync(`${place}/fault.json`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What a statement changes, or undefined; `names` remembers what later statements call by an id alone. */
function nameOf(sql, values, names) {
  const insert = /^INSERT INTO `main`\.`(\w+)` \(([^)]*)\)/.exec(sql);
  if (insert !== null) return nameOfInsert(insert[1], pair(insert[2], values), names);
  const update = /^UPDATE `main`\.`(\w+)` SET (.*?) WHERE (.*?)(?: RETURNING |$)/s.exec(sql);
  if (update !== null) {
    const set = pair(update[2], values);
    const where = values.slice(update[2].split('?').length - 1);
    return nameOfUpdate(update[1], set, where, names);
  }
  const remove = /^DELETE FROM `main`\.`(\w+)`/.exec(sql);
  return remove === null ? undefined : nameOfDelete(remove[1], values, names);
}

/** Columns with the values bound to them, in the order of both. */
function pair(columns, values) {
  const bound = [...columns.matchAll(/`(\w+)`(?: = \?)?(?=,|$)/g)];
  return Object.fromEntries(bound.map(([, column], at) => [column, values[at]]));
}

function nameOfInsert(table, row, names) {
  switch (table) {
    case 'Operation':
      names.set(row.id, row.kind);
      return `operation ${row.kind} begins`;
    case 'OperationStep':
      names.set(`${row.operationId} ${row.index}`, row.name);
      return `step ${row.name} begins`;
    case 'LedgerEntry':
      names.set(row.id, resource(row.kind, row.key));
      return `ledger: ${resource(row.kind, row.key)} is written`;
    default:
      return `${table}: row is written`;
  }
}

function nameOfUpdate(table, set, where, names) {
  switch (table) {
    case 'Operation':
      // remarks, in their own time
      if (set.state === undefined) return undefined;
      return `operation ${names.get(where[0]) ?? 'of an earlier daemon'} ${set.state}`;
    case 'OperationStep':
      // a remark about its progress, at most one a second, in its own time
      if (set.state === 'running') return undefined;
      return `step ${names.get(`${where[0]} ${where[1]}`) ?? 'of an earlier daemon'} ${set.state}`;
    case 'LedgerEntry':
      return `ledger: ${resource(where[0], where[1])} is known better`;
    default:
      return `${table}: ${set.state ?? Object.keys(set).join(', ')}`;
  }
}

function nameOfDelete(table, values, names) {
  // old operations that are forgotten
  if (table === 'Operation') return undefined;
  if (table !== 'LedgerEntry') return `${table}: row is removed`;
  return `ledger: ${names.get(values[0]) ?? lookUp(values[0])} is struck off`;
}

/** `directory vms/*`: what differs between runs is left out. */
function resource(kind, key) {
  const place = String(key).split('/').slice(-2).join('/');
  return `${kind} ${place}`
    .replaceAll(/\b(vm|img|krn|tpl|snp)_[0-9a-z]+/g, '*')
    .replaceAll(/\b\d{4,}\b/g, '*')
    .trimEnd();
}
