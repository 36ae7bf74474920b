import { Injectable } from '@nestjs/common';
import { KeyedLock } from '../../core/concurrency/index.js';

/** One holder per image name: who builds or deletes it. Taken after a VM's lock, never before. */
@Injectable()
export class ImageLocks extends KeyedLock {
  constructor() {
    super('image');
  }
}
