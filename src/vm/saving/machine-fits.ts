import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HostFacts } from '../../host/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Accelerator } from '../hypervisor/hypervisor.js';

/** Counts what is done to a guest before it is saved, and what one that goes on relies on: identity-adoption.ts. */
const GUEST_VERSION = 4;

/** What a saved machine and the host that it goes on on must have alike. JSON. */
export interface MachineFit {
  readonly hypervisor: string;
  /** of the hypervisor: what it saves is for itself */
  readonly version: string;
  readonly accelerator: Accelerator;
  /** of the machine that the driver makes, and of what is done to the guest before it is saved */
  readonly layout: string;
  /** digest of the processor's model and features */
  readonly processor: string;
}

/** What machines that are saved here and now need later on. */
@Injectable()
export class MachineFits {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly host: HostFacts,
  ) {}

  /** Undefined where no machine can be saved. */
  async now(): Promise<MachineFit | undefined> {
    const { available, version, accelerator } = await this.hypervisor.probe();
    if (!available || version === undefined || accelerator === undefined) return undefined;
    if (!this.hypervisor.features.memorySnapshots) return undefined;
    return {
      hypervisor: this.hypervisor.kind,
      version,
      accelerator,
      layout: digest(`${GUEST_VERSION} ${this.hypervisor.layout()}`),
      processor: digest(await this.host.processor()),
    };
  }

  /** Why a machine cannot go on here, in words; undefined when it can. */
  async misfit(saved: MachineFit): Promise<string | undefined> {
    const here = await this.now();
    if (here === undefined) return 'the hypervisor does not work here';
    if (here.hypervisor !== saved.hypervisor || here.version !== saved.version)
      return `it was saved by ${saved.hypervisor} ${saved.version}, and here is ${here.hypervisor} ${here.version}`;
    if (here.accelerator !== saved.accelerator)
      return `it was saved under ${saved.accelerator}, and here is ${here.accelerator}`;
    if (here.layout !== saved.layout) return 'it was saved by another version of banger';
    return here.processor === saved.processor ? undefined : 'it was saved on another kind of processor';
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
