import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { BookReader } from '../../core/database/index.js';
import { ManyThingsCheck } from '../../host/index.js';
import type { Problem } from '../../host/index.js';
import type { ImageFileFacts } from '../metadata/image-digest.js';
import { ImageFiles } from '../store/image-files.js';
import { IMAGE_FILES } from '../build/build-plan.js';

/** Each image in the books: its files, their sizes, and that they are of the build that the books speak of. */
@Injectable()
export class ImagesCheck extends ManyThingsCheck {
  readonly id = 'images';
  readonly title = 'images';

  constructor(
    private readonly config: Config,
    private readonly books: BookReader,
    private readonly files: ImageFiles,
  ) {
    super();
  }

  protected override async look(): Promise<{ looked: string; problems: Problem[] }> {
    const books = await this.books.read();
    if (books.state !== 'readable') return { looked: 'none are known', problems: [] };
    const { images, vms } = books.rows;
    const problems: Problem[] = [];
    for (const image of images) {
      const reason = await this.#damage(image);
      if (reason === undefined) continue;
      const users = vms.filter(({ imageId }) => imageId === image.id).map(({ name }) => name);
      problems.push({
        status: 'fail',
        what: `image ${image.name}: ${reason}`,
        why:
          users.length === 0
            ? 'no VM can be made of it'
            : `no VM can be made of it, and these stand on it: ${users.join(', ')}`,
        fix:
          users.length === 0
            ? `build it again: banger image build --force ${image.name}`
            : 'put the file back from a copy: a newly built image cannot take the place of the one that these VMs stand on',
        repairable: false,
      });
    }
    return { looked: `${images.length}, each with its files`, problems };
  }

  async #damage(image: { id: string; recipeDigest: string; diskBytes: number }): Promise<string | undefined> {
    const directory = `${this.config.imagesDirectory}/${image.id}`;
    for (const name of Object.values(IMAGE_FILES)) {
      const path = `${directory}/${name}`;
      const measure = await this.files.measure(path);
      if (measure === undefined) return `its file ${path} is missing`;
      if (measure.sizeBytes === 0) return `its file ${path} is empty`;
      if (name === IMAGE_FILES.root && measure.sizeBytes !== image.diskBytes)
        return `its file ${path} has ${measure.sizeBytes} bytes instead of ${image.diskBytes}`;
    }
    const manifest = `${directory}/${IMAGE_FILES.manifest}`;
    const text = (await this.files.read(manifest)).toString('utf8');
    if (!text.includes(`"${image.recipeDigest}"`)) return `its file ${manifest} is of another build`;
    return this.#sizeProblem(directory, filesOf(text));
  }

  async #sizeProblem(
    directory: string,
    files: readonly Partial<ImageFileFacts>[],
  ): Promise<string | undefined> {
    for (const { name, sizeBytes } of files) {
      const path = `${directory}/${name}`;
      const measure = await this.files.measure(path);
      if (measure?.sizeBytes !== sizeBytes)
        return `its file ${path} has ${measure?.sizeBytes ?? 'no'} bytes instead of ${sizeBytes}`;
    }
    return undefined;
  }
}

/** What its manifest says of its files; those of images that were built before there were digests say nothing. */
function filesOf(manifest: string): readonly Partial<ImageFileFacts>[] {
  try {
    const { files } = JSON.parse(manifest) as { files?: unknown };
    return Array.isArray(files) ? (files as Partial<ImageFileFacts>[]) : [];
  } catch {
    return [];
  }
}
