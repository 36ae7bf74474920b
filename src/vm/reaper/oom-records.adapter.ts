import { constants } from 'node:fs';
import { open, readFile, readlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';

/** the pid namespace that the kernel begins with: its number is fixed (PROC_PID_INIT_INO) */
const HOST_PIDS = 'pid:[4026531836]';
const MAX_RECORDS = 50_000;
const RECORD_BYTES = 8 * 1024;

/** What the kernel tells about processes that it killed for lack of memory. */
@Injectable()
export class OomRecords {
  /** How many since the host's boot; everybody may read it. Undefined where the kernel does not count. */
  async kills(): Promise<number | undefined> {
    const text = await readFile('/proc/vmstat', 'latin1').catch(() => '');
    const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
    return count === undefined ? undefined : Number(count);
  }

  /**
   * Their pids, as far as the kernel's log reaches back. Undefined for whom it is not readable, and in a container,
   * where pids are not those that the kernel writes.
   */
  async victims(): Promise<Set<number> | undefined> {
    if ((await readlink('/proc/self/ns/pid').catch(() => '')) !== HOST_PIDS) return undefined;
    const log = await open('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
    if (log === undefined) return undefined;
    try {
      return await readVictims(log);
    } finally {
      await log.close();
    }
  }
}

async function readVictims(log: FileHandle): Promise<Set<number>> {
  const victims = new Set<number>();
  const buffer = Buffer.alloc(RECORD_BYTES);
  for (let count = 0; count < MAX_RECORDS; count += 1) {
    const text = await nextRecord(log, buffer);
    if (text === undefined) break;
    // `4,1,2,-;Out of memory: Killed process 42 (qemu-…`, `…;Memory cgroup out of memory: Killed process 42 (…`
    const pid = /^[^;]*;.*out of memory: killed process (\d+) /i.exec(text)?.[1];
    if (pid !== undefined) victims.add(Number(pid));
  }
  return victims;
}

/** Undefined at the end: EAGAIN. EPIPE means that a record was overwritten before it was read; the next one is there. */
async function nextRecord(log: FileHandle, buffer: Buffer): Promise<string | undefined> {
  try {
    const { bytesRead } = await log.read(buffer, 0, buffer.length, null);
    return bytesRead === 0 ? undefined : buffer.toString('latin1', 0, bytesRead);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPIPE' ? '' : undefined;
  }
}
