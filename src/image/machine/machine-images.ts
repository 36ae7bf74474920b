import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/index.js';
import { ImageNotFoundError } from '../image.errors.js';
import { ImageMaking } from '../making/image-making.js';
import type { Making, MakingOrder } from '../making/image-making.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageRepository } from '../store/image.repository.js';
import { MachineImage } from './machine-image.js';
import type { MachineSource } from './machine-image.js';

/** An image that is to be made of a machine. */
export interface MachineOrder extends Omit<MakingOrder, 'kind'> {
  /** id of the image that the machine stands on */
  readonly parentId: string;
}

/** Images of machines. */
@Injectable()
export class MachineImages {
  constructor(
    private readonly making: ImageMaking,
    private readonly machine: MachineImage,
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
  ) {}

  /**
   * @param copy puts the machine's disks into the site
   * @throws ImageNotFoundError, ImageDamagedError, ImageBusyError, ImageExistsError
   */
  async begin(
    { parentId, ...order }: MachineOrder,
    copy: (making: Making) => Promise<Omit<MachineSource, 'parent'>>,
  ): Promise<OperationView> {
    const parent = await this.images.find(parentId);
    if (parent === undefined) throw new ImageNotFoundError(parentId, []);
    await this.directories.checkIntact(parent);
    return this.making.begin({ ...order, kind: 'image.promote' }, async (making) =>
      this.machine.make(making, { ...(await copy(making)), parent }),
    );
  }
}
