import { Injectable } from '@nestjs/common';
import type { Tree } from '../tree/trees.js';
import { NotGuestError } from './register.errors.js';

export interface Provisioning {
  /** name of the image, for messages */
  readonly image: string;
  readonly warn: (message: string) => void;
}

/** Makes of a root file system one that starts as a guest of banger. */
export abstract class TreeProvisioner {
  /** @throws what says why it cannot be one */
  abstract provision(tree: Tree, request: Provisioning): Promise<void>;
}

/** Where nothing can do it. */
@Injectable()
export class NoProvisioner extends TreeProvisioner {
  override provision(_tree: Tree, { image }: Provisioning): Promise<void> {
    return Promise.reject(
      new NotGuestError(
        image,
        'give one that was made of an image of banger, or, when it has what a guest needs: --as-is',
      ),
    );
  }
}
