import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const END_LIMIT_MS = 60_000;

/** Live processes (no zombies) whose command line or environment names this text; never this process itself. */
export async function processesMentioning(text: string): Promise<{ pid: number; commandLine: string }[]> {
  const found: { pid: number; commandLine: string }[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const commandLine = await read(`/proc/${pid}/cmdline`);
    const environment = await read(`/proc/${pid}/environ`);
    if (commandLine.includes(text) || environment.includes(text)) {
      found.push({ pid, commandLine: commandLine.replaceAll('\0', ' ').trim() });
    }
  }
  return found.filter(({ commandLine }) => commandLine !== '');
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return '';
  }
}

/** SIGKILL. Gone already is success. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Signals a process and waits until it is gone. Its executable and command line are so a moment before its files and
 * sockets are closed, and a main thread before the others: only when its parent has taken note is nothing of it left.
 */
export async function endProcess(pid: number | undefined, signal: NodeJS.Signals): Promise<void> {
  sendSignal(pid, signal);
  const deadline = performance.now() + END_LIMIT_MS;
  while (existsSync(`/proc/${pid}`)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} is still there after ${signal}`);
    await delay(10);
  }
}

/**
 * To a process that there must be, as the hypervisor of a VM that runs. Without a pid it would go to the process group
 * of the test run itself.
 */
export function sendSignal(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) throw new Error(`there is no process to send ${signal} to: its VM does not run`);
  process.kill(pid, signal);
}
