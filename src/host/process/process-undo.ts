import { TimeoutError } from '../../core/errors/index.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import type { ProcessIdentity, ProcessRunner } from '../../core/process/index.js';

/** Reading a killed process's memory back takes the kernel a moment; longer means it hangs in the kernel. */
const EXIT_TIMEOUT_MS = 10_000;

/**
 * Undo of the ledger kind `process`. The entry's data, written before the process exists, holds `marker`: an argument
 * that no other command line has; and `process`, its identity, once it was started. Kills exactly that process, and
 * what carries the marker in case the daemon died between the start and the record.
 */
export async function killRecordedProcess(processes: ProcessRunner, entry: LedgerEntry): Promise<void> {
  const { marker, process } = entry.data;
  const found = typeof marker === 'string' && marker !== '' ? await processes.findByArgument(marker) : [];
  const recorded = isIdentity(process) && !found.some((it) => it.pid === process.pid) ? [process] : [];
  await Promise.all([...recorded, ...found].map((identity) => kill(processes, identity)));
}

async function kill(processes: ProcessRunner, identity: ProcessIdentity): Promise<void> {
  if (!(await processes.signal(identity, 'SIGKILL'))) return;
  const gone = await processes.waitForExit(identity, { timeoutMs: EXIT_TIMEOUT_MS });
  if (!gone) throw new TimeoutError(`the end of process ${identity.pid}`, EXIT_TIMEOUT_MS);
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startTicks' in value &&
    typeof value.startTicks === 'number' &&
    'executable' in value &&
    typeof value.executable === 'string'
  );
}
