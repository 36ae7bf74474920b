import { chmod, constants, copyFile, open, rm, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { invariant } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { DiskBackendUnavailableError } from '../host.errors.js';
import { DiskBackend } from './disk-backend.js';
import type { Disk, DiskBackendProbe, DiskKeeping, DiskRequest, KeepRequest } from './disk-backend.js';
import { checkSize, inspectBase, placeDisk } from './draft-disk.adapter.js';
import { exclusiveBytes } from './file-extents.js';
import { growDisk } from './grow-disk.adapter.js';
import { keepRaw } from './keep-raw.adapter.js';
import { QemuImg } from './qemu-img.js';

const TIMEOUT_MS = 30_000;
/** open(2): a file without a name, gone with its last descriptor. Node has no constant for it. */
const O_TMPFILE = 0o20200000;
const PROBE_BYTES = 64 * 1024;
/** the file system cannot, or the two are on different ones */
const CANNOT_SHARE: readonly unknown[] = ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'ENOSYS', 'EINVAL', 'ENOTTY'];

/** Raw files that share their blocks with the image's until they are written: XFS and btrfs can. */
@Injectable()
export class ReflinkDisk extends DiskBackend {
  readonly kind = 'reflink';

  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    private readonly image: QemuImg,
  ) {
    super();
  }

  /** With two files that have no name, so that nothing is left whatever happens: where the images are, and the VMs. */
  override async probe(): Promise<DiskBackendProbe> {
    const handles: FileHandle[] = [];
    try {
      for (const directory of [this.config.imagesDirectory, this.config.vmsDirectory])
        handles.push(await open(directory, O_TMPFILE | constants.O_RDWR, 0o600));
      await handles[0]?.write(Buffer.alloc(PROBE_BYTES, 1));
      const [from = '', to = ''] = handles.map(({ fd }) => `/proc/self/fd/${fd}`);
      await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
      return { available: true };
    } catch (error) {
      return { available: false, reason: this.#reason(error) };
    } finally {
      for (const handle of handles) await handle.close();
    }
  }

  override locate(directory: string, name: string): Disk {
    return { path: `${directory}/${name}.raw`, format: 'raw' };
  }

  override async create(request: DiskRequest): Promise<void> {
    invariant(request.baseFormat === 'raw', 'a raw disk is made of a raw one');
    checkSize(request, (await inspectBase(request)).sizeBytes);
    await placeDisk(request, async (draft) => {
      try {
        await copyFile(request.basePath, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
      } catch (error) {
        if (!CANNOT_SHARE.includes((error as NodeJS.ErrnoException).code)) throw error;
        throw DiskBackendUnavailableError.forNewDisks(this.kind, [this.#reason(error)]);
      }
      // a base that nobody may write has left its mode to the copy
      await chmod(draft, 0o600);
      await truncate(draft, request.sizeBytes);
    });
  }

  override async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  override async grow(path: string, sizeBytes: number): Promise<void> {
    await growDisk(this.image, { path, format: 'raw' }, sizeBytes);
  }

  override keep(request: KeepRequest): Promise<DiskKeeping> {
    return Promise.resolve(
      keepRaw(request, (from, to) =>
        copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE),
      ),
    );
  }

  override mend(): Promise<void> {
    return Promise.resolve();
  }

  /** The size on the disk that stat(2) tells counts what is shared as well. */
  override async allocatedBytes(path: string): Promise<number> {
    const request = { file: 'filefrag', args: ['-v', '-b512', path], timeoutMs: TIMEOUT_MS };
    const { stdout } = await this.processes.run(request);
    return exclusiveBytes(stdout.toString('latin1'));
  }

  #reason(error: unknown): string {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'there is no state directory yet in which to try it';
    if (code === 'EXDEV')
      return `${this.config.imagesDirectory} and ${this.config.vmsDirectory} are on different file systems`;
    return CANNOT_SHARE.includes(code)
      ? `files on the file system of ${this.config.vmsDirectory} cannot share their blocks (XFS and btrfs can)`
      : message;
  }
}
