import { Injectable } from '@nestjs/common';
import { IMAGE_FILES } from '../build/build-plan.js';
import { Ext4 } from '../filesystem/ext4.js';
import type { Ext4Disk } from '../filesystem/ext4.js';
import { Ext4Walk } from '../filesystem/ext4-walk.js';
import { Workbench } from '../filesystem/workbench.js';
import { workPath } from '../filesystem/work-path.js';
import { GUEST_SCRIPT_PATH } from '../guest/guest-script.js';
import type { Making } from '../making/image-making.js';
import { distributionName } from '../metadata/os-release.js';
import { ImageFiles } from '../store/image-files.js';
import { EmptySeed } from '../seed/empty-seed.js';
import { ForeignFiles } from './foreign-files.js';
import { ForeignFileError, NotGuestError } from './register.errors.js';

const SECTOR = 512;
const MAX_OS_RELEASE_BYTES = 64 * 1024;
const UNKNOWN = 'unknown';

export interface RegisteredRoot {
  /** `bytes` */
  readonly diskBytes: number;
  readonly distribution: string;
}

export interface FileSystemOrder {
  readonly path: string;
  readonly format: 'ext4' | 'qcow2';
  /** whether the file stays where it is */
  readonly reference: boolean;
  readonly asIs: boolean;
}

/** Root file systems that come as such, and become an image's as they are. */
@Injectable()
export class FileSystemRoot {
  constructor(
    private readonly ext4: Ext4,
    private readonly workbench: Workbench,
    private readonly foreign: ForeignFiles,
    private readonly files: ImageFiles,
    private readonly seed: EmptySeed,
  ) {}

  /** Writes `root.ext4`, unless it stays where it is, and `work.ext4`. @throws NotGuestError, FileSystemRefusedError */
  async make(making: Making, order: FileSystemOrder): Promise<RegisteredRoot> {
    const { site, step } = making;
    const path = order.reference
      ? order.path
      : await step('image.copy', 'copying the file system', () => this.#copy(order, making));
    const disk: Ext4Disk = {
      path,
      directory: site.directory,
      part: 'root file system',
      image: making.name,
      owner: this.foreign.reader,
      signal: site.signal,
    };
    return step('image.filesystem', 'looking into the file system', async (progress) => {
      if (!order.reference && (await this.ext4.repair(disk)))
        making.operation.warn('the root file system was damaged; in the image it is repaired');
      const distribution = await this.#look(disk, order, making);
      progress.detail(distribution);
      const diskBytes = (await this.files.measure(path))?.sizeBytes ?? 0;
      if ((await this.ext4.facts(disk)).sizeBytes > diskBytes)
        throw new ForeignFileError(
          'rootfs',
          order.path,
          'its file system is larger than the file: it was cut short',
        );
      if (!order.reference) await this.workbench.close(path, IMAGE_FILES.root, site);
      await this.seed.make(site);
      return { diskBytes, distribution };
    });
  }

  async #look(disk: Ext4Disk, { asIs }: FileSystemOrder, { name }: Making): Promise<string> {
    const walk = new Ext4Walk(this.ext4, disk);
    if (!asIs && (await walk.file(GUEST_SCRIPT_PATH)) === undefined)
      throw new NotGuestError(
        name,
        'give it as a directory or tar archive, for banger to add what it needs; or, when it has all that a guest needs: --as-is',
      );
    const release = (await walk.file('usr/lib/os-release')) ?? (await walk.file('etc/os-release'));
    if (release === undefined) return UNKNOWN;
    const text = await this.ext4.read(disk, release, MAX_OS_RELEASE_BYTES);
    return distributionName(text.toString('utf8')) ?? UNKNOWN;
  }

  async #copy({ path, format }: FileSystemOrder, { site }: Making): Promise<string> {
    const copy = workPath(site.directory, 'root');
    const { signal } = site;
    if (format === 'ext4') await this.foreign.copy(path, copy, signal);
    else {
      await this.#checkAlone(path, signal);
      await this.foreign.make(copy);
      // -n: into the file that is there, which is made as large as the disk before
      await this.files.truncate(copy, await this.#size(path, signal));
      const args = ['convert', '-n', '--target-is-zero', '-f', 'qcow2', '-O', 'raw', path, copy];
      await this.foreign.run({ file: 'qemu-img', args, signal });
    }
    const bytes = (await this.files.measure(copy))?.sizeBytes ?? 0;
    await this.files.truncate(copy, Math.ceil(bytes / SECTOR) * SECTOR);
    return copy;
  }

  /** A disk can name any file of the host as what it stands on. */
  async #checkAlone(path: string, signal: AbortSignal): Promise<void> {
    const info = await this.#info(path, signal);
    const data = JSON.stringify(info['format-specific'] ?? {}).includes('"data-file"');
    if (info['backing-filename'] !== undefined || info['full-backing-filename'] !== undefined || data)
      throw new ForeignFileError(
        'rootfs',
        path,
        'it stands on another file',
        `make it whole: qemu-img convert -O qcow2 ${path} WHOLE.qcow2`,
      );
  }

  async #size(path: string, signal: AbortSignal): Promise<number> {
    const size = (await this.#info(path, signal))['virtual-size'];
    if (typeof size === 'number' && size > 0 && size <= MAX_BYTES) return size;
    throw new ForeignFileError('rootfs', path, 'its size makes no sense');
  }

  async #info(path: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const args = ['info', '-U', '-f', 'qcow2', '--output=json', path];
    const text = (await this.foreign.run({ file: 'qemu-img', args, signal })).toString('utf8');
    return JSON.parse(text) as Record<string, unknown>;
  }
}

/** of a disk, `bytes` */
const MAX_BYTES = 16 * 1024 ** 4;
