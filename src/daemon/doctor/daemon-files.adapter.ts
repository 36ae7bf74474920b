import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';

/** `bytes` of the log's end in which the last failure is looked for */
const TAIL_BYTES = 16_384;

/** What a daemon leaves in the file system. */
@Injectable()
export class DaemonFiles {
  constructor(private readonly config: Config) {}

  /** pid of the daemon that took the state directory last; undefined when none is known */
  pid(): number | undefined {
    try {
      return Number.parseInt(readFileSync(`${this.config.lockPath}.pid`, 'utf8'), 10) || undefined;
    } catch {
      return undefined;
    }
  }

  hasSocket(): boolean {
    return statSync(this.config.socketPath, { throwIfNoEntry: false })?.isSocket() ?? false;
  }

  logBytes(): number {
    return statSync(this.config.logPath, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Why the last daemon could not start, when that is the last thing that the log says. */
  lastStartFailure(): { message: string; fix?: string } | undefined {
    try {
      const line = readTail(this.config.logPath).trimEnd().split('\n').at(-1) ?? '';
      const { error } = JSON.parse(line) as { error?: { message: string; fix?: string } };
      return typeof error?.message === 'string' ? error : undefined;
    } catch {
      return undefined;
    }
  }
}

function readTail(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, start));
  } finally {
    closeSync(file);
  }
}
