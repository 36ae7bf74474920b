import { Inject, Injectable } from '@nestjs/common';
import { apart } from '../../core/concurrency/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { Machine, MachineExit } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineEnds } from './machine-ends.js';

/** `ms` after which a guest that was asked to go down, and has not, is not going to: its end then is another matter. */
const ASKED_MS = 5 * 60_000;

interface Ended {
  readonly machine: Machine;
  readonly exit: MachineExit;
  /** it had been asked to stop, and not long before */
  readonly asked: boolean;
  /** that it could not be recorded is in the log already */
  isTold?: true;
}

/** Records machines that end without anybody having asked: a guest that powers itself off, a VMM that crashes. */
@Injectable()
export class MachineWatcher {
  /** ends that are not in the database yet, by VM id */
  readonly #unrecorded = new Map<string, Ended>();

  constructor(
    private readonly machines: Machines,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
    private readonly ends: MachineEnds,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A VM that is `stopping` has been asked to go down by somebody who is gone: when it obeys now it stays down. */
  watch(vm: Pick<Vm, 'id' | 'state'>, machine: Machine): void {
    const askedUntil = vm.state === 'stopping' ? performance.now() + ASKED_MS : 0;
    // Begun by a start that holds the VM, it must be able to wait for the VM itself.
    void apart(async () => {
      const exit = await machine.exited;
      this.#unrecorded.set(vm.id, { machine, exit, asked: performance.now() < askedUntil });
      await this.#tryToRecord(vm.id);
    });
  }

  /** Ends that could not be recorded, as when the disk was full, are tried again. */
  async recordAgain(): Promise<void> {
    for (const vmId of this.#unrecorded.keys())
      if (this.locks.holder(vmId) === undefined) await this.#tryToRecord(vmId);
  }

  async #tryToRecord(vmId: string): Promise<void> {
    try {
      await this.#record(vmId);
    } catch (error) {
      const ended = this.#unrecorded.get(vmId);
      if (ended?.isTold === true) return;
      if (ended !== undefined) ended.isTold = true;
      this.logger.error(
        { vm: vmId, err: toBangerError(error) },
        'the end of a machine could not be recorded; it is tried again',
      );
    }
  }

  async #record(vmId: string): Promise<void> {
    // A stop, kill or deletion under way does all of this itself; afterwards the machine is no longer registered.
    const release = await this.locks.note(vmId, 'recording its end');
    try {
      const ended = this.#unrecorded.get(vmId);
      if (ended === undefined) return;
      const { machine, exit, asked } = ended;
      const vm = await this.vms.find(vmId);
      // It is taken off the list of machines before its end is written, and the writing may have failed.
      const current = (this.machines.get(vmId) ?? machine) === machine;
      if (current && (vm?.state === 'running' || vm?.state === 'stopping')) {
        this.logger.warn({ vm: vmId, exit }, 'machine ended by itself');
        const context = { asked: asked || vm.state === 'stopping' };
        await this.locks.under(vmId, () => this.ends.record(vm, exit, context));
      }
      if (this.#unrecorded.get(vmId) === ended) this.#unrecorded.delete(vmId);
    } finally {
      release();
    }
  }
}
