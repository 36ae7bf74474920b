import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { VmConditionView } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { HostFacts } from '../../host/index.js';
import type { DiskHalt, Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { diskConditions, GO_ON_BYTES, LOW_BYTES } from './disk-conditions.js';

const EVERY_MS = 5_000;

interface ToldHalt {
  readonly noSpace: boolean;
  /** the last reason told why it could not be let go on */
  failure?: string;
}

/**
 * Looks after the room that the VMs' disks grow into: tells that it runs short before a guest notices, and lets guests
 * that were halted for want of it go on when there is some again.
 */
@Injectable()
export class StorageWatch {
  readonly #round: () => Promise<void>;
  /** of the last look, `bytes` */
  #freeBytes: number | undefined;
  /** of guests whose halt has been told, and not yet that they go on */
  readonly #told = new WeakMap<Machine, ToldHalt>();

  constructor(
    private readonly machines: Machines,
    private readonly host: HostFacts,
    private readonly config: Config,
    jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#round = jobs.define('watching the space of the disks', (signal) => this.#look(signal));
  }

  /** What a user should know of a VM's disks now. None for a VM that does not run. */
  conditions(vmId: string): VmConditionView[] {
    const machine = this.machines.get(vmId);
    if (machine === undefined) return [];
    return diskConditions(machine.diskHalt, this.#freeBytes, this.config.vmsDirectory);
  }

  @Interval(EVERY_MS)
  look(): Promise<void> {
    return this.#round();
  }

  async #look(stop: AbortSignal): Promise<void> {
    const freeBytes = await this.host.freeBytes(this.config.vmsDirectory);
    this.#tellSpace(freeBytes);
    for (const [vmId, machine] of this.machines.entries()) {
      const halt = machine.diskHalt;
      if (stop.aborted) return;
      if (halt === undefined) this.#tellOfGoingOn(vmId, machine, freeBytes);
      else await this.#attend(vmId, machine, { halt, freeBytes });
    }
  }

  #tellSpace(freeBytes: number): void {
    const wasLow = this.#freeBytes !== undefined && this.#freeBytes < LOW_BYTES;
    const isLow = freeBytes < LOW_BYTES;
    this.#freeBytes = freeBytes;
    if (isLow === wasLow) return;
    const facts = { path: this.config.vmsDirectory, freeBytes };
    if (isLow) this.logger.warn(facts, 'the file system of the VMs is nearly full');
    else this.logger.info(facts, 'the file system of the VMs has room again');
  }

  /** One that cannot go on yet is halted again by its next write, and nothing is lost. */
  async #attend(
    vmId: string,
    machine: Machine,
    { halt, freeBytes }: { halt: DiskHalt; freeBytes: number },
  ): Promise<void> {
    const told = this.#tellOfHalt(vmId, machine, { halt, freeBytes });
    if (halt.noSpace && freeBytes < GO_ON_BYTES) return;
    try {
      await machine.resume();
    } catch (error) {
      const failure = toBangerError(error);
      if (told.failure === failure.message) return;
      told.failure = failure.message;
      this.logger.warn({ vm: vmId, err: failure }, 'a halted guest could not be let go on');
    }
  }

  /** Once, however often it is let go on only to be halted again. */
  #tellOfHalt(
    vmId: string,
    machine: Machine,
    { halt: { noSpace }, freeBytes }: { halt: DiskHalt; freeBytes: number },
  ): ToldHalt {
    const known = this.#told.get(machine);
    if (known?.noSpace === noSpace) return known;
    const told = { noSpace };
    this.#told.set(machine, told);
    this.logger.error({ vm: vmId, noSpace, freeBytes }, 'a guest is halted: its disk cannot be written to');
    return told;
  }

  /** Not before the look after it was let go on: what halted it is tried again at once. */
  #tellOfGoingOn(vmId: string, machine: Machine, freeBytes: number): void {
    if (this.#told.delete(machine)) this.logger.info({ vm: vmId, freeBytes }, 'a halted guest goes on');
  }
}
