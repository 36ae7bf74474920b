import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { sparseDigest } from '../../host/index.js';
import { ImageFiles } from './image-files.js';

/** What tells a file's content from any other's. */
export interface FileFacts {
  /** as it reads, holes and all; `bytes` */
  readonly sizeBytes: number;
  /** `sparseDigest`, hex */
  readonly digest: string;
}

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

  /** Has these files of a directory share their room with equal ones. By name: what is in each. */
  async share(directory: string, names: readonly string[]): Promise<Record<string, FileFacts>> {
    const facts: Record<string, FileFacts> = {};
    await this.files.makeDirectory(this.#directory);
    for (const name of names) {
      const path = `${directory}/${name}`;
      const found = await this.describe(path);
      facts[name] = found;
      const blob = `${this.#directory}/${found.digest}-${found.sizeBytes}`;
      if (await this.files.exists(blob)) await this.files.link(blob, path);
      else await this.files.link(path, blob);
    }
    return facts;
  }

  /** @throws ProcessFailedError when it cannot be read */
  async describe(path: string): Promise<FileFacts> {
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

  get #directory(): string {
    return `${this.config.values.stateDirectory}/blobs`;
  }
}
