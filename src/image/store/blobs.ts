import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { sparseDigest } from '../../host/index.js';
import type { ImageFileFacts } from '../metadata/image-digest.js';
import { ImageFiles } from './image-files.js';

/**
 * The files of images and kernels by their content: each has a second name, `blobs/DIGEST-SIZE`, and files of the same
 * content are one file with several names. The file system counts them: with the last image that has one, only the
 * second name is left, and the file can go. Nothing is written to a file that has one.
 */
@Injectable()
export class Blobs {
  constructor(
    private readonly config: Config,
    private readonly files: ImageFiles,
    private readonly processes: ProcessRunner,
  ) {}

  /** Has these files of a directory share their room with equal ones. */
  async share(directory: string, names: readonly string[]): Promise<ImageFileFacts[]> {
    const facts: ImageFileFacts[] = [];
    await this.files.makeDirectory(this.#directory);
    for (const name of names) {
      const path = `${directory}/${name}`;
      const found = { name, ...(await this.describe(path)) };
      facts.push(found);
      const blob = `${this.#directory}/${found.digest}-${found.sizeBytes}`;
      // one that has come to harm would spoil whoever shares it: the new one takes its place
      if (await this.#is(blob, found)) await this.files.link(blob, path);
      else await this.files.link(path, blob);
    }
    return facts;
  }

  async #is(blob: string, { digest, sizeBytes }: ImageFileFacts): Promise<boolean> {
    if ((await this.files.measure(blob))?.sizeBytes !== sizeBytes) return false;
    return (await this.describe(blob)).digest === digest;
  }

  /** @throws ProcessFailedError when it cannot be read */
  async describe(path: string): Promise<Omit<ImageFileFacts, 'name'>> {
    const digest = await sparseDigest(path, this.processes);
    return { digest, sizeBytes: (await this.files.measure(path))?.sizeBytes ?? 0 };
  }

  /** Removes the files that no image and no kernel has any more. */
  async collect(): Promise<void> {
    for (const name of await this.files.list(this.#directory)) {
      const path = `${this.#directory}/${name}`;
      if ((await this.files.measure(path))?.names === 1) await this.files.remove(path);
    }
  }

  /** Of the files that have a second name here. */
  async inodes(): Promise<ReadonlySet<number>> {
    const names = await this.files.list(this.#directory);
    const found = await Promise.all(names.map((name) => this.files.measure(`${this.#directory}/${name}`)));
    return new Set(found.flatMap((measure) => (measure === undefined ? [] : [measure.inode])));
  }

  get #directory(): string {
    return `${this.config.values.stateDirectory}/blobs`;
  }
}
