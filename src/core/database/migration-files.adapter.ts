import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError } from '../errors/index.js';

export interface Migration {
  /** `0001_start`: applied in the order of their names */
  readonly name: string;
  readonly sql: string;
  /** sha256 of the SQL, hex */
  readonly checksum: string;
}

/** All migrations that this banger knows, oldest first. */
export function readMigrations(directory: string = findMigrations()): Migration[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
    .map((name) => {
      const sql = readFileSync(join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/** The sources, the build and a bundle lie at different depths below the directory that has `prisma/migrations`. */
function findMigrations(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    const candidate = join(directory, 'prisma/migrations');
    if (existsSync(candidate)) return candidate;
    if (directory === dirname(directory)) throw new InternalError(`no prisma/migrations above ${start}`);
  }
}
