import { Injectable } from '@nestjs/common';
import { IMAGE_FILES } from '../build/build-plan.js';
import { ImageDamagedError } from '../image.errors.js';
import type { BootableImage, ImageManifest, ImageRow } from '../image.types.js';
import { FileReferences } from './file-references.js';
import { ImageFiles } from './image-files.js';
import type { FileMeasure } from './image-files.js';
import { ImageSites } from './image-sites.js';

/** What lies in the directories of whole images. */
@Injectable()
export class ImageDirectories {
  constructor(
    private readonly sites: ImageSites,
    private readonly files: ImageFiles,
    private readonly references: FileReferences,
  ) {}

  async bootable(row: ImageRow): Promise<BootableImage> {
    const directory = this.sites.finalPath(row.id);
    const { seed = IMAGE_FILES.work, reference } = (await this.manifest(row.id)) ?? {};
    return {
      id: row.id,
      name: row.name,
      kernelPath: `${directory}/${IMAGE_FILES.kernel}`,
      initrdPath: `${directory}/${IMAGE_FILES.initrd}`,
      rootPath: reference?.path ?? `${directory}/${IMAGE_FILES.root}`,
      rootFormat: 'raw',
      workPath: `${directory}/${seed}`,
      diskBytes: Number(row.diskBytes),
      allocatedBytes: Number(row.allocatedBytes),
      bootArguments: row.bootArguments as string[],
      kernelVersion: row.kernelVersion,
      distribution: row.distribution,
    };
  }

  /** @throws ImageDamagedError when a file is missing or was cut short */
  async checkIntact(row: ImageRow): Promise<void> {
    const image = await this.bootable(row);
    const { reference } = (await this.manifest(row.id)) ?? {};
    if (reference !== undefined) await this.references.check(row.name, reference);
    for (const path of [image.kernelPath, image.initrdPath, image.rootPath]) {
      const measure = await this.files.measure(path);
      if (measure === undefined) throw new ImageDamagedError(row.name, `the file ${path} is missing`);
      if (measure.sizeBytes === 0) throw new ImageDamagedError(row.name, `the file ${path} is empty`);
      if (path === image.rootPath && measure.sizeBytes !== image.diskBytes) {
        throw new ImageDamagedError(
          row.name,
          `the file ${path} does not have the ${image.diskBytes} bytes it was made with`,
        );
      }
    }
  }

  /** Those of the names that it has, with their paths. */
  async presentFiles(
    id: string,
    names: readonly string[],
  ): Promise<{ readonly name: string; readonly path: string }[]> {
    const files = names.map((name) => ({ name, path: `${this.sites.finalPath(id)}/${name}` }));
    const there = await Promise.all(files.map(({ path }) => this.files.exists(path)));
    return files.filter((_, index) => there[index]);
  }

  /** undefined when it cannot be read */
  async manifest(id: string): Promise<Partial<ImageManifest & Record<string, unknown>> | undefined> {
    try {
      const text = await this.files.read(`${this.sites.finalPath(id)}/${IMAGE_FILES.manifest}`);
      return JSON.parse(text.toString('utf8')) as Partial<ImageManifest>;
    } catch {
      return undefined;
    }
  }

  /** What its files take; `bytes` */
  async allocatedBytes(id: string): Promise<number> {
    return sum((await this.#measures(id)).map(({ allocatedBytes }) => allocatedBytes));
  }

  /** How much of each image's files others have too, by its id; `bytes` */
  async sharedBytes(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const images = await Promise.all(ids.map(async (id) => ({ id, files: await this.#measures(id) })));
    const users = new Map<number, number>();
    for (const { files } of images)
      for (const { inode } of files) users.set(inode, (users.get(inode) ?? 0) + 1);
    const isShared = ({ inode }: FileMeasure): boolean => (users.get(inode) ?? 0) > 1;
    return new Map(
      images.map(({ id, files }) => [
        id,
        sum(files.filter(isShared).map(({ allocatedBytes }) => allocatedBytes)),
      ]),
    );
  }

  async #measures(id: string): Promise<FileMeasure[]> {
    const directory = this.sites.finalPath(id);
    const paths = Object.values(IMAGE_FILES).map((name) => `${directory}/${name}`);
    const found = await Promise.all(paths.map((path) => this.files.measure(path)));
    return found.filter((measure) => measure !== undefined);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
