import type { Guarantee } from '../guarantee.js';

/** What is promised of the database and the ledger. */
export const BOOKS: readonly Guarantee[] = [
  {
    guarantee: 'A host resource is in the ledger before it exists; `kill -9` in between leaks nothing',
    test: 'test/integration/operations/ledger.spec.ts',
    name: 'finds and undoes at the next start what a daemon killed',
    mutations: [
      {
        file: 'src/core/operations/durable-ledger.ts',
        find: 'const entry = await this.#write(request);\n    try {\n      return await make(entry);',
        replace:
          'const made = await make({ ...request, id: "", data: request.data ?? {}, createdAt: new Date() });\n    const entry = await this.#write(request);\n    try {\n      return made;',
      },
    ],
  },
  {
    guarantee: 'An acknowledged write survives `kill -9`',
    test: 'test/integration/operations/ledger.spec.ts',
    name: 'loses no acknowledged row when the daemon is killed while it writes',
    mutations: [
      {
        file: 'src/core/operations/durable-ledger.ts',
        find: 'return toEntry(await this.database.client.ledgerEntry.create({ data: row }));',
        replace:
          'setTimeout(() => void this.database.client.ledgerEntry.create({ data: row }).then(() => 0), 200); return toEntry(row as never);',
      },
    ],
  },
  {
    guarantee: 'A migration that fails half-way leaves the database usable by the version before',
    test: 'test/integration/database/migrations.spec.ts',
    name: 'leaves the database to the older banger after a failure half-way',
    mutations: [
      {
        file: 'src/core/database/migrate.ts',
        find: '      applyOne(connection, migration);\n',
        replace:
          "      applyOne(connection, migration);\n      connection.script('COMMIT');\n      connection.script('BEGIN IMMEDIATE');\n",
      },
    ],
  },
];
