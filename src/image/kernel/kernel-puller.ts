import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/index.js';
import { newId } from '../../core/ids.js';
import { OperationRunner } from '../../core/operations/index.js';
import { BuildPreflight } from '../build/build-preflight.js';
import { explainBuildFailure } from '../image.errors.js';
import { ImageSites } from '../store/image-sites.js';
import { ImageKernel } from './image-kernel.js';

/** The name of the kernel that images get when none is named. */
export const DEFAULT_KERNEL = 'debian';

/** The body of the operation `kernel.pull`. */
@Injectable()
export class KernelPuller {
  constructor(
    private readonly operations: OperationRunner,
    private readonly preflight: BuildPreflight,
    private readonly sites: ImageSites,
    private readonly kernel: ImageKernel,
  ) {}

  /** Begins to get the kernel of the host's distribution. @throws what {@link BuildPreflight} does */
  async begin(name = DEFAULT_KERNEL): Promise<OperationView> {
    await this.preflight.check();
    const id = newId('krn');
    const { view } = await this.operations.begin({
      kind: 'kernel.pull',
      subject: { type: 'kernel', id, name },
      body: async (operation) => {
        operation.rollback.add('the downloads', () => this.sites.discard(id));
        const directory = await this.sites.open(id);
        const output = (line: string): void => operation.output(line);
        const site = { directory, signal: operation.signal, output };
        await operation.step('kernel.pull', 'getting the kernel', async (step) => {
          try {
            await this.kernel.pull(site, step, name);
          } catch (error) {
            throw explainBuildFailure(error, { image: name, step: 'the kernel', directory });
          }
        });
        await this.sites.discard(id);
      },
    });
    return view;
  }
}
