import { chmod, chown, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { sparseDigest } from './sparse-digest.adapter.js';
import { TEMPLATE_FILES } from './template.types.js';
import type { FileFacts, Template } from './template.types.js';

/** `bytes` of a block as stat counts them */
const STAT_BLOCK = 512;
/** VMMs of other users read the disks; what is in the memory is nobody's but the daemon's. */
const DISK_MODE = 0o444;
const PRIVATE_MODE = 0o400;

/** The files of templates. */
@Injectable()
export class TemplateFiles {
  constructor(
    private readonly config: Config,
    private readonly runner: ProcessRunner,
  ) {}

  /** Names in the directory of templates; none when it is not there. */
  async list(): Promise<string[]> {
    return readdir(this.config.templatesDirectory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }

  /** With when it was used last. Undefined when there is none, or it is none. */
  async read(directory: string): Promise<{ template: Template; lastUsedAt: Date } | undefined> {
    const path = `${directory}/${TEMPLATE_FILES.manifest}`;
    try {
      const template = JSON.parse(await readFile(path, 'utf8')) as Template;
      const isOne =
        template.version === 1 &&
        directory.endsWith(`/${template.id}`) &&
        typeof template.shape.imageId === 'string' &&
        typeof template.allocatedBytes === 'number';
      return isOne ? { template, lastUsedAt: (await stat(path)).mtime } : undefined;
    } catch {
      return undefined;
    }
  }

  async touch(directory: string, now: Date): Promise<void> {
    await utimes(`${directory}/${TEMPLATE_FILES.manifest}`, now, now);
  }

  /** Nobody writes the files of a template from now on: they are the daemon's own, and on the disk in full. */
  async seal(
    directory: string,
    disks: readonly string[],
  ): Promise<{ files: Record<string, FileFacts>; allocatedBytes: number }> {
    const { memory, state } = TEMPLATE_FILES;
    const sealed = [
      ...disks.map((path) => ({ path, mode: DISK_MODE })),
      ...[memory, state].map((name) => ({ path: `${directory}/${name}`, mode: PRIVATE_MODE })),
    ];
    const files: Record<string, FileFacts> = {};
    let total = 0;
    for (const { path, mode } of sealed) {
      const { uid } = this.config.values;
      await chmod(path, mode);
      if (this.config.values.mode === 'root') await chown(path, uid, uid);
      await sync(path);
      const { allocatedBytes, ...facts } = await this.facts(path);
      files[basename(path)] = facts;
      total += allocatedBytes;
    }
    return { files, allocatedBytes: total };
  }

  /** What is kept of a directory goes to its place in one step, the rest is deleted. The manifest is written first. */
  async place(from: string, to: string, template: Template): Promise<void> {
    const manifest = `${from}/${TEMPLATE_FILES.manifest}`;
    await writeFile(manifest, `${JSON.stringify(template, undefined, 2)}\n`, { mode: 0o600, flush: true });
    const kept = new Set([...Object.keys(template.files), TEMPLATE_FILES.manifest]);
    for (const name of await readdir(from))
      if (!kept.has(name)) await rm(`${from}/${name}`, { recursive: true, force: true });
    await rename(from, to);
    await sync(dirname(to));
  }

  async facts(path: string): Promise<FileFacts & { allocatedBytes: number }> {
    const { size, blocks } = await stat(path);
    const digest = await sparseDigest(path, this.runner);
    return { sizeBytes: size, allocatedBytes: blocks * STAT_BLOCK, digest };
  }

  /** Tells a file from another under its name, and from what it was before a change. Another name for it changes nothing. */
  async stamp(path: string): Promise<string | undefined> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found === undefined ? undefined : [found.dev, found.ino, found.size, found.mtimeNs].join(':');
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
