import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ImageRegisterParams, OperationView } from '../../contract/index.js';
import { ImageMaking } from '../making/image-making.js';
import type { Making, Product } from '../making/image-making.js';
import { BOOT_ARGUMENTS } from '../recipe/recipe.js';
import { FileReferences } from '../store/file-references.js';
import { FileSystemRoot } from './file-system-root.js';
import { ForeignFiles } from './foreign-files.js';
import { ForeignFileError } from './register.errors.js';
import { RegisteredKernel } from './registered-kernel.js';
import { rootfsFormat, whyNoRootfs } from './rootfs-format.js';
import type { RootfsFormat } from './rootfs-format.js';
import { TreeRoot } from './tree-root.js';

/** Makes images of file systems that the host has. */
@Injectable()
export class RegisterService {
  constructor(
    private readonly making: ImageMaking,
    private readonly foreign: ForeignFiles,
    private readonly kernel: RegisteredKernel,
    private readonly fileSystem: FileSystemRoot,
    private readonly tree: TreeRoot,
    private readonly references: FileReferences,
  ) {}

  /**
   * Begins it; what is wrong with what was given is said before.
   * @throws ForeignFileError, ForeignFileClosedError, KernelNotFoundError, KernelImageError, ImageBusyError, ImageExistsError
   */
  async begin(params: ImageRegisterParams): Promise<OperationView> {
    const { rootfs, name, reference = false, force = false } = params;
    const { kind, head } = await this.foreign.inspect(rootfs, 'rootfs');
    const format = kind === 'directory' ? kind : rootfsFormat(head);
    if (format === undefined) throw new ForeignFileError('rootfs', rootfs, whyNoRootfs(head));
    if (reference && format !== 'ext4')
      throw new ForeignFileError(
        'rootfs',
        rootfs,
        'only an ext4 file system, as it is, can stay where it is',
        'leave out --reference: it is copied',
      );
    await this.kernel.check(params);
    const again = `banger image register ${name} --rootfs ${rootfs}`;
    return this.making.begin({ kind: 'image.register', name, replace: force, again }, (making) =>
      this.#produce(making, params, format),
    );
  }

  async #produce(making: Making, params: ImageRegisterParams, format: RootfsFormat): Promise<Product> {
    const { rootfs: path, reference = false, asIs = false } = params;
    const kernel = await making.step('image.kernel', 'preparing the kernel', () =>
      this.kernel.make(params, making.site),
    );
    const root =
      format === 'ext4' || format === 'qcow2'
        ? await this.fileSystem.make(making, { path, format, reference, asIs })
        : await this.tree.make(making, { path, format, asIs, modules: kernel.modules });
    return {
      ...root,
      // never the same as another one's
      recipeDigest: createHash('sha256').update(`register ${making.id}`).digest('hex'),
      kernelVersion: kernel.release,
      kernelId: kernel.id,
      bootArguments: params.bootArguments ?? BOOT_ARGUMENTS,
      source: { kind: 'register', reference: path },
      ...(reference && { reference: await this.references.describe(path) }),
    };
  }
}
