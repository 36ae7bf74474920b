import { mkdir, rm, stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DIRECTORY_MODE, FileOutputLog, ignoreMissing } from './output-log.adapter.js';
import type { Limits } from './output-log.adapter.js';
import { OutputLogs } from './output-log.js';
import type { OutputLog } from './output-log.js';

@Injectable()
export class FileOutputLogs extends OutputLogs {
  readonly #logs = new Map<string, Promise<FileOutputLog>>();

  override async open(directory: string, limits: Limits): Promise<OutputLog> {
    let log = this.#logs.get(directory);
    if (log === undefined) {
      log = this.#load(directory, limits);
      this.#logs.set(directory, log);
      log.catch(() => this.#logs.delete(directory));
    }
    return log;
  }

  override async rest(directory: string): Promise<void> {
    await (await this.#logs.get(directory))?.close();
  }

  override async remove(directory: string): Promise<void> {
    await (await this.#logs.get(directory))?.abandon();
    this.#logs.delete(directory);
    await rm(directory, { recursive: true, force: true });
  }

  override async makeParent(parent: string): Promise<void> {
    await mkdir(parent, { recursive: true, mode: DIRECTORY_MODE });
  }

  override async exists(path: string): Promise<boolean> {
    return (await stat(path).catch(ignoreMissing)) !== undefined;
  }

  override forget(parent: string): void {
    for (const [directory, log] of this.#logs) {
      if (!directory.startsWith(`${parent}/`)) continue;
      this.#logs.delete(directory);
      void log.then((opened) => opened.abandon()).catch(() => undefined);
    }
  }

  async #load(directory: string, limits: Limits): Promise<FileOutputLog> {
    const log = new FileOutputLog(directory, limits);
    await log.load();
    return log;
  }
}
