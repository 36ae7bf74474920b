import { BangerError } from '../errors/index.js';

export class DatabaseTooNewError extends BangerError<'DATABASE_TOO_NEW'> {
  constructor(file: string, unknownMigrations: string[]) {
    super('DATABASE_TOO_NEW', `the database ${file} was made by a newer banger`, {
      details: { file, unknownMigrations },
      why: `it has changes that this banger does not know: ${unknownMigrations.join(', ')}`,
      fix: `use the newer banger, or put back a copy made before the upgrade (${file}.before-…)`,
    });
  }
}

export class DatabaseMigrationEditedError extends BangerError<'DATABASE_MIGRATION_EDITED'> {
  constructor(file: string, migration: string) {
    super(
      'DATABASE_MIGRATION_EDITED',
      `the migration ${migration} is not the one that made the database ${file}`,
      {
        details: { migration },
        why: 'the checksum kept in the database differs from the one of the file: it was edited after it had been applied',
        fix: 'reinstall banger, or undo the edit and put the change in a new migration',
      },
    );
  }
}

export class DatabaseMigrationFailedError extends BangerError<'DATABASE_MIGRATION_FAILED'> {
  constructor(file: string, migration: string, backup: string | undefined, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const kept = `the database ${file} is as it was before and serves the older banger`;
    super(
      'DATABASE_MIGRATION_FAILED',
      `the database ${file} could not be brought up to date (${migration})`,
      {
        details: { migration, ...(backup !== undefined && { backup }) },
        why: reason,
        fix: `${kept}${backup === undefined ? '' : `, and a copy of it is in ${backup}`}; report this as a defect of banger`,
        cause,
      },
    );
  }
}

export class DatabaseDamagedError extends BangerError<'DATABASE_DAMAGED'> {
  constructor(file: string, reason: string, cause?: unknown, fix?: string) {
    super('DATABASE_DAMAGED', `the database ${file} is damaged`, {
      details: { file, reason },
      why: reason,
      fix:
        fix ??
        `nothing was changed, and VMs that run go on; put back a copy (${file}.before-…, or one of your own), or let \`banger doctor --fix\` recover what it can`,
      cause,
    });
  }
}
