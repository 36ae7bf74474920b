import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HostFacts } from '../../host/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Vm } from '../vm.types.js';
import type { TemplateShape } from './template.types.js';

/** Counts what is done to a guest before it is saved, and what a clone relies on: settle-guest.ts, identity-adoption.ts. */
const GUEST_VERSION = 1;

export type ShapedVm = Pick<Vm, 'imageId' | 'cpus' | 'memoryMib' | 'diskMib' | 'workDiskMib' | 'diskBackend'>;

/** What a VM would have in common with a template, here and now. */
@Injectable()
export class TemplateShapes {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly host: HostFacts,
  ) {}

  /** Whether a machine of the shape can run beside all others, however much of its memory it uses. */
  hasMemoryFor({ memoryMib }: TemplateShape): boolean {
    return this.host.memory().availableMib > memoryMib;
  }

  /** Undefined where no machine can be saved. */
  async of(vm: ShapedVm): Promise<TemplateShape | undefined> {
    const { available, version, accelerator } = await this.hypervisor.probe();
    if (!available || version === undefined || accelerator === undefined) return undefined;
    if (!this.hypervisor.features.memorySnapshots) return undefined;
    const { imageId, cpus, memoryMib, diskMib, workDiskMib, diskBackend } = vm;
    return {
      imageId,
      hypervisor: this.hypervisor.kind,
      version,
      accelerator,
      layout: digest(`${GUEST_VERSION} ${this.hypervisor.layout()}`),
      processor: digest(await this.host.processor()),
      cpus,
      memoryMib,
      diskMib,
      ...(workDiskMib !== undefined && { workDiskMib }),
      diskBackend,
    };
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
