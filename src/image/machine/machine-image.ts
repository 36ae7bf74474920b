import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ImageMetadataView } from '../../contract/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { WORK_DISK_BYTES } from '../recipe/recipe.js';
import { DiskCleaner } from '../filesystem/disk-cleaner.js';
import { Ext4 } from '../filesystem/ext4.js';
import type { Ext4Disk } from '../filesystem/ext4.js';
import { Workbench } from '../filesystem/workbench.js';
import { workPath } from '../filesystem/work-path.js';
import { ImageDamagedError } from '../image.errors.js';
import type { ImageRow } from '../image.types.js';
import type { Making, Product } from '../making/image-making.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageFiles } from '../store/image-files.js';
import { MachineFiles } from './machine-files.js';

const MIB = 1024 ** 2;
const ROOT_JOURNAL_BYTES = 32 * MIB;
const WORK_JOURNAL_BYTES = 16 * MIB;
/** of 1024 blocks, which are as many as there have to be */
const LEAST_JOURNAL_BYTES = 4 * MIB;
/** that a work seed has free beyond what is in it, when it does not fit into the usual one; `bytes` */
const FREE_BYTES = 64 * MIB;

/** A machine whose disks lie in the site as `root.disk` and `work.disk`, copies that are whole and stand on nothing. */
export interface MachineSource {
  /** the image that the machine stands on, and what it has of it */
  readonly parent: ImageRow;
  /** name of the VM */
  readonly reference: string;
  /** whether it has a work disk */
  readonly hasWork: boolean;
  readonly clearHistory: boolean;
  /** absolute paths of files that banger has put into it */
  readonly files: readonly string[];
  readonly owner: Ext4Disk['owner'];
}

/** Makes an image of the disks that a machine has written. */
@Injectable()
export class MachineImage {
  constructor(
    private readonly ext4: Ext4,
    private readonly cleaner: DiskCleaner,
    private readonly workbench: Workbench,
    private readonly guest: MachineFiles,
    private readonly files: ImageFiles,
    private readonly directories: ImageDirectories,
  ) {}

  /** @throws FileSystemRefusedError, ImageDamagedError */
  async make(making: Making, source: MachineSource): Promise<Product> {
    const { parent } = source;
    const root = diskOf(making, source, 'root');
    const work = source.hasWork ? diskOf(making, source, 'work') : undefined;
    await making.step('image.clean', 'removing what makes it that machine', async () => {
      await this.#clean(root, making, source);
      if (work !== undefined) await this.#clean(work, making, source);
    });
    const workBytes = await making.step('image.seed', 'making what work disks begin as', async () =>
      work === undefined ? this.#inherit(making, parent) : this.#shrink(work, making),
    );
    const diskBytes = await making.step('image.filesystem', 'making the file system', async (progress) => {
      const { sizeBytes } = await this.ext4.facts(root);
      await this.guest.write(root, { rootBytes: sizeBytes, workBytes });
      const bytes = (await this.files.measure(root.path))?.sizeBytes ?? 0;
      await this.#finish(root, ROOT_JOURNAL_BYTES);
      await this.workbench.close(root.path, IMAGE_FILES.root, making.site);
      const { allocatedBytes = 0 } =
        (await this.files.measure(`${making.site.directory}/${IMAGE_FILES.root}`)) ?? {};
      progress.detail(`${Math.ceil(allocatedBytes / MIB)} MiB`);
      return bytes;
    });
    const { kernelPath, initrdPath, bootArguments, distribution, kernelVersion } =
      await this.directories.bootable(parent);
    const { directory } = making.site;
    await this.files.link(kernelPath, `${directory}/${IMAGE_FILES.kernel}`);
    await this.files.link(initrdPath, `${directory}/${IMAGE_FILES.initrd}`);
    const metadata = parent.metadata as unknown as ImageMetadataView | null;
    return {
      // never the same as another one's
      recipeDigest: createHash('sha256').update(`promote ${making.id}`).digest('hex'),
      distribution,
      kernelVersion,
      kernelId: parent.kernelId ?? undefined,
      diskBytes,
      bootArguments,
      source: { kind: 'promote', reference: source.reference },
      metadata: metadata ?? undefined,
    };
  }

  async #clean(disk: Ext4Disk, { operation }: Making, source: MachineSource): Promise<void> {
    const holds = disk.part === 'work disk' ? 'home' : 'system';
    if (await this.ext4.repair(disk))
      operation.warn(`the file system of the ${disk.part} was damaged; in the image it is repaired`);
    const { clearHistory: history, files } = source;
    const keys = await this.cleaner.clean(disk, { holds, history, files });
    if (keys.length > 0)
      operation.warn(
        `the image has the private keys of who was at home there: ${keys.slice(0, 5).join(', ')}; whoever has the image has them too`,
      );
  }

  /** @returns size of the file system; `bytes` */
  async #shrink(work: Ext4Disk, { site }: Making): Promise<number> {
    const least = await this.ext4.leastBytes(work);
    const { sizeBytes } = await this.ext4.facts(work);
    const wanted = least + FREE_BYTES / 4 <= WORK_DISK_BYTES ? WORK_DISK_BYTES : least + FREE_BYTES;
    const bytes = Math.min(Math.ceil(wanted / MIB) * MIB, Math.max(sizeBytes, WORK_DISK_BYTES));
    if (bytes < sizeBytes) {
      await this.ext4.resize(work, bytes);
      await this.files.truncate(work.path, bytes);
    }
    await this.#finish(work, WORK_JOURNAL_BYTES);
    await this.workbench.close(work.path, IMAGE_FILES.work, site);
    return Math.min(bytes, sizeBytes);
  }

  /** @returns size of the file system; `bytes` */
  async #inherit({ site, name }: Making, parent: ImageRow): Promise<number> {
    const { workPath } = await this.directories.bootable(parent);
    const measure = await this.files.measure(workPath);
    if (measure === undefined)
      throw new ImageDamagedError(parent.name, 'it has nothing that a work disk could begin as');
    const path = `${site.directory}/${IMAGE_FILES.work}`;
    await this.files.link(workPath, path);
    const { directory, signal } = site;
    return (await this.ext4.facts({ path, directory, signal, image: name, part: 'work seed' })).sizeBytes;
  }

  /** Nothing that was deleted is left in it: not in free room, nor in the journal. */
  async #finish(disk: Ext4Disk, journalBytes: number): Promise<void> {
    const { hasJournal, sizeBytes } = await this.ext4.facts(disk);
    if (hasJournal) await this.ext4.dropJournal(disk);
    await this.ext4.discardFree(disk);
    if (hasJournal)
      await this.ext4.makeJournal(disk, Math.max(LEAST_JOURNAL_BYTES, Math.min(journalBytes, sizeBytes / 8)));
  }
}

function diskOf({ site, name }: Making, { owner }: MachineSource, disk: 'root' | 'work'): Ext4Disk {
  const { directory, signal } = site;
  return {
    path: workPath(directory, disk),
    directory,
    image: name,
    part: `${disk} disk`,
    owner,
    signal,
  };
}
