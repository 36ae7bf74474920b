import { Injectable } from '@nestjs/common';
import { OperationRunner } from '../../core/operations/index.js';

/** Whether anybody may be about to use what is kept for the making of images and kernels. */
@Injectable()
export class UnderWay {
  constructor(private readonly operations: OperationRunner) {}

  async isAny(): Promise<boolean> {
    const running = await this.operations.list({ state: 'running', limit: 1000 });
    return running.some(({ id, kind }) => /^(image|kernel)\./.test(kind) && this.operations.isUnderWay(id));
  }
}
