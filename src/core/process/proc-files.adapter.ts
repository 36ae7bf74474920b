import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { isGone, parseProcStat } from './proc-stat.js';
import type { ProcStat } from './proc-stat.js';
import type { ProcessIdentity } from './process-runner.js';

/** The kernel appends it when the file was replaced, as by an upgrade; the process is still the same. */
const DELETED_SUFFIX = / \(deleted\)$/;

export async function readIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readStat(pid);
  if (stat === undefined || isGone(stat)) return undefined;
  const executable = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
  // Ended between the two reads, or another user's process: read the state once more to tell which.
  if (executable === undefined) {
    const now = await readStat(pid);
    if (now === undefined || isGone(now)) return undefined;
  }
  return { pid, startTicks: stat.startTicks, executable: (executable ?? '').replace(DELETED_SUFFIX, '') };
}

/**
 * Identity of a child in the very tick of its start. Synchronous on purpose: until the event loop turns, Node cannot
 * reap it, so that even a child that died at once still has its start time.
 */
export function readChildIdentitySync(pid: number, file: string): ProcessIdentity | undefined {
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    if (stat === undefined) return undefined;
    return { pid, startTicks: stat.startTicks, executable: readExecutableSync(pid) ?? file };
  } catch {
    return undefined;
  }
}

export async function findCommandLines(
  wanted: (argv: readonly string[]) => boolean,
): Promise<{ pid: number; argv: readonly string[] }[]> {
  const found = await Promise.all(
    (await listPids()).map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const argv = commandLine.split('\0');
      return wanted(argv) ? { pid, argv } : undefined;
    }),
  );
  return found.filter((process) => process !== undefined);
}

/** `bytes` of memory that a process keeps; 0 when it is gone */
export async function readResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Whether a process group still has a member that runs. */
export async function groupHasMembers(processGroup: number): Promise<boolean> {
  const stats = await Promise.all((await listPids()).map(readStat));
  return stats.some((stat) => stat !== undefined && stat.processGroup === processGroup && !isGone(stat));
}

async function listPids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number);
}

async function readStat(pid: number): Promise<ProcStat | undefined> {
  try {
    // latin1: the program's name may be any bytes
    return parseProcStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

function readExecutableSync(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(DELETED_SUFFIX, '');
  } catch {
    return undefined;
  }
}
