import { loadConfig } from '../core/config/index.js';
import { readBooks, recoverDatabase } from '../core/database/index.js';
import type { Recovery } from '../core/database/index.js';
import { plural } from '../core/plural.js';
import { takeStateDirectory } from './single-instance.adapter.js';

/**
 * `bangerd repair`: puts right what keeps a daemon from starting, as far as that is banger's own. The rest of a repair
 * is the daemon's. Prints what was done: {"did":[{"what","done"}]}.
 * @throws DaemonAlreadyRunningError when there is a daemon, StateDirectoryUnusableError, CONFIG_INVALID
 */
export async function repairOffline(): Promise<void> {
  const config = await loadConfig();
  const release = takeStateDirectory({ lock: config.lockPath, socket: config.socketPath });
  try {
    const books = readBooks(config.databasePath, false);
    const did =
      books.state === 'damaged'
        ? [tell(books.reason, config.databasePath, await recoverDatabase(config.databasePath))]
        : [];
    process.stdout.write(`${JSON.stringify({ did })}\n`);
  } finally {
    release();
  }
}

function tell(
  reason: string,
  file: string,
  { kept, rows, backup }: Recovery,
): { what: string; done: string } {
  const count = (table: string, noun: string): string => plural(rows[table] ?? 0, noun);
  const found = `${count('Vm', 'VM')}, ${count('Image', 'image')} and ${count('Operation', 'operation')}`;
  const from = backup === undefined ? 'what could be read of it' : `the copy ${backup}`;
  return {
    what: `the database ${file} was damaged: ${reason}`,
    done: `${kept === undefined ? '' : `set aside as ${kept}; `}a new one was made from ${from}: ${found}`,
  };
}
