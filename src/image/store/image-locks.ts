import { Injectable } from '@nestjs/common';
import { KeyedLock } from '../../core/concurrency/index.js';
import { ImageBusyError } from '../image.errors.js';

/** One holder per image name: who makes or deletes it. Taken after a VM's lock, never before. */
@Injectable()
export class ImageLocks extends KeyedLock {
  constructor() {
    super('image');
  }

  /** Holds a name until the function that it answers with is called. @throws ImageBusyError */
  hold(name: string, action: string): () => void {
    const release = this.tryAcquire(name, action);
    if (release === undefined) throw new ImageBusyError(name, this.holder(name) ?? action);
    return release;
  }
}
