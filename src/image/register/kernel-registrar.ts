import { Injectable } from '@nestjs/common';
import type { KernelRegisterParams, OperationView } from '../../contract/index.js';
import { newId } from '../../core/ids.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { explainBuildFailure } from '../image.errors.js';
import { KernelStore } from '../kernel/kernel-store.js';
import { ImageSites } from '../store/image-sites.js';
import { ForeignFiles } from './foreign-files.js';
import { ForeignKernel } from './foreign-kernel.js';

/** The body of the operation `kernel.register`. */
@Injectable()
export class KernelRegistrar {
  constructor(
    private readonly operations: OperationRunner,
    private readonly sites: ImageSites,
    private readonly foreign: ForeignFiles,
    private readonly kernel: ForeignKernel,
    private readonly store: KernelStore,
  ) {}

  /** @throws ForeignFileError, ForeignFileClosedError */
  async begin(params: KernelRegisterParams): Promise<OperationView> {
    await this.foreign.inspect(params.kernelPath, 'kernel');
    if (params.modulesPath !== undefined) await this.foreign.inspect(params.modulesPath, 'modules');
    const id = newId('krn');
    const { view } = await this.operations.begin({
      kind: 'kernel.register',
      subject: { type: 'kernel', id, name: params.name },
      body: (operation) => this.#run(id, params, operation),
    });
    return view;
  }

  async #run(id: string, params: KernelRegisterParams, operation: OperationContext): Promise<void> {
    const { name, kernelPath } = params;
    operation.rollback.add('what was unpacked', () => this.sites.discard(id));
    const directory = await this.sites.open(id);
    const { signal } = operation;
    const site = { directory, signal, output: (line: string): void => operation.output(line) };
    await operation.step('kernel.unpack', 'unpacking the kernel and its modules', async (step) => {
      try {
        const kernel = await this.kernel.unpack(params, site);
        step.detail(kernel.release);
        await this.store.keep(kernel, { name, source: { kind: 'register', reference: kernelPath } });
      } catch (error) {
        throw explainBuildFailure(error, {
          image: name,
          step: 'the kernel',
          directory,
          again: `banger kernel register ${name} --kernel ${kernelPath}`,
        });
      }
    });
    await this.sites.discard(id);
  }
}
