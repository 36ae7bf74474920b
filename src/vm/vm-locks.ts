import { Injectable } from '@nestjs/common';
import { KeyedLock } from '../core/concurrency/index.js';
import { VmBusyError } from './vm.errors.js';

interface Hold {
  readonly action: string;
  operationId?: string;
}

/** One change at a time per VM; whoever comes second is told what is under way (design 4.10). */
@Injectable()
export class VmLocks {
  readonly #lock = new KeyedLock('vm');
  readonly #holds = new Map<string, Hold>();

  /** What is under way on the VM. */
  holder(vmId: string): Readonly<Hold> | undefined {
    return this.#holds.get(vmId);
  }

  /** Runs the body as the work that the VM is held for, so that what it takes is checked against the order of locks. */
  under<T>(vmId: string, body: () => T): T {
    return this.#lock.under(vmId, body);
  }

  /** Names the operation that a hold works for, so that the loser can watch or cancel it. */
  attachOperation(vmId: string, operationId: string): void {
    const hold = this.#holds.get(vmId);
    if (hold !== undefined) hold.operationId = operationId;
  }

  /** @throws VmBusyError */
  take(vmId: string, vmName: string, action: string): () => void {
    const release = this.#lock.tryAcquire(vmId, action);
    const hold = this.#holds.get(vmId);
    if (release === undefined)
      throw new VmBusyError(vmName, hold?.action ?? 'another change', hold?.operationId);
    return this.#hold(vmId, action, release);
  }

  /** Waits instead of failing; for the daemon's own work, such as an exit that has to be recorded. */
  async wait(vmId: string, action: string): Promise<() => void> {
    return this.#hold(vmId, action, await this.#lock.acquire(vmId, action));
  }

  #hold(vmId: string, action: string, release: () => void): () => void {
    const hold: Hold = { action };
    this.#holds.set(vmId, hold);
    return () => {
      if (this.#holds.get(vmId) === hold) this.#holds.delete(vmId);
      release();
    };
  }
}
