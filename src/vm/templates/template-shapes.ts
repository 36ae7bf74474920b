import { Injectable } from '@nestjs/common';
import { HostFacts } from '../../host/index.js';
import { MachineFits } from '../saving/machine-fits.js';
import type { Vm } from '../vm.types.js';
import type { TemplateShape } from './template.types.js';

export type ShapedVm = Pick<Vm, 'imageId' | 'cpus' | 'memoryMib' | 'diskMib' | 'workDiskMib' | 'diskBackend'>;

/** What a VM would have in common with a template, here and now. */
@Injectable()
export class TemplateShapes {
  constructor(
    private readonly fits: MachineFits,
    private readonly host: HostFacts,
  ) {}

  /** Whether a machine of the shape can run beside all others, however much of its memory it uses. */
  hasMemoryFor({ memoryMib }: TemplateShape): boolean {
    return this.host.memory().availableMib > memoryMib;
  }

  /** Why a machine of that shape cannot go on here, in words; undefined when it can. */
  misfit(shape: TemplateShape): Promise<string | undefined> {
    return this.fits.misfit(shape);
  }

  /** Undefined where no machine can be saved. */
  async of(vm: ShapedVm): Promise<TemplateShape | undefined> {
    const fit = await this.fits.now();
    if (fit === undefined) return undefined;
    const { imageId, cpus, memoryMib, diskMib, workDiskMib, diskBackend } = vm;
    return {
      ...fit,
      imageId,
      cpus,
      memoryMib,
      diskMib,
      ...(workDiskMib !== undefined && { workDiskMib }),
      diskBackend,
    };
  }
}
