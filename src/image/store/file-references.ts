import { Injectable } from '@nestjs/common';
import { ImageDamagedError } from '../image.errors.js';
import { Blobs } from './blobs.js';
import type { ImageFileFacts } from '../metadata/image-digest.js';
import { ImageFiles } from './image-files.js';

/** A file of the host's that an image has without having it: whoever changes it tears the disks that stand on it. */
export interface FileReference extends Omit<ImageFileFacts, 'name'> {
  /** absolute */
  readonly path: string;
  /** changes with each change of the file, and with another one in its place */
  readonly identity: string;
}

/** Files that images have elsewhere. */
@Injectable()
export class FileReferences {
  constructor(
    private readonly files: ImageFiles,
    private readonly blobs: Blobs,
  ) {}

  /** Of a file as it is now. */
  async describe(path: string): Promise<FileReference> {
    const identity = (await this.files.identity(path)) ?? '';
    return { path, identity, ...(await this.blobs.describe(path)) };
  }

  /** A few microseconds. @throws ImageDamagedError when it is no longer as it was */
  async check(image: string, { path, identity }: FileReference): Promise<void> {
    const now = await this.files.identity(path);
    if (now === identity) return;
    throw new ImageDamagedError(
      image,
      now === undefined
        ? `the file ${path}, which it has by reference, is missing`
        : `the file ${path}, which it has by reference, was changed since it was registered`,
    );
  }
}
