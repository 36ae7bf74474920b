import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { DISK_MODE, PRIVATE_MODE, SavedFiles } from '../saving/saved-files.adapter.js';
import { TEMPLATE_FILES } from './template.types.js';
import type { Template } from './template.types.js';

/** The directories of templates. */
@Injectable()
export class TemplateFiles {
  constructor(
    private readonly config: Config,
    private readonly saved: SavedFiles,
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
        typeof template.adopter === 'string' &&
        typeof template.allocatedBytes === 'number';
      return isOne ? { template, lastUsedAt: (await stat(path)).mtime } : undefined;
    } catch {
      return undefined;
    }
  }

  async touch(directory: string, now: Date): Promise<void> {
    await utimes(`${directory}/${TEMPLATE_FILES.manifest}`, now, now);
  }

  /** Nobody writes the files of a template from now on. */
  async seal(directory: string, disks: readonly string[]): ReturnType<SavedFiles['seal']> {
    const { memory, state } = TEMPLATE_FILES;
    return this.saved.seal([
      ...disks.map((path) => ({ path, mode: DISK_MODE })),
      ...[memory, state].map((name) => ({ path: `${directory}/${name}`, mode: PRIVATE_MODE })),
    ]);
  }

  /** What is wrong with its files, in words. */
  problem(directory: string, files: Template['files']): ReturnType<SavedFiles['problem']> {
    return this.saved.problem(directory, files);
  }

  /** What is kept of a directory goes to its place in one step, the rest is deleted. The manifest is written first. */
  async place(from: string, to: string, template: Template): Promise<void> {
    const manifest = `${from}/${TEMPLATE_FILES.manifest}`;
    await writeFile(manifest, `${JSON.stringify(template, undefined, 2)}\n`, { mode: 0o600, flush: true });
    const kept = new Set([...Object.keys(template.files), TEMPLATE_FILES.manifest]);
    for (const name of await readdir(from))
      if (!kept.has(name)) await rm(`${from}/${name}`, { recursive: true, force: true });
    await rename(from, to);
    await this.saved.sync(dirname(to));
  }
}
