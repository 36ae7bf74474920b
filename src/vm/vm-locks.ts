import { Injectable } from '@nestjs/common';
import { KeyedLock } from '../core/concurrency/index.js';
import { VmBusyError } from './vm.errors.js';

interface Hold {
  readonly action: string;
  operationId?: string;
  /** of what takes milliseconds and is no change: when it is over */
  readonly over?: Promise<void>;
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

  /** For a change. Waits for the daemon's own notes, which no user could make sense of. @throws VmBusyError */
  async take(vmId: string, vmName: string, action: string): Promise<() => void> {
    for (;;) {
      const release = this.#lock.tryAcquire(vmId, action);
      if (release !== undefined) return this.#hold(vmId, { action }, release);
      const hold = this.#holds.get(vmId);
      if (hold !== undefined && hold.over === undefined)
        throw new VmBusyError(vmName, hold.action, hold.operationId);
      // whoever has waited for the lock says so a moment after it is his
      await hold?.over;
    }
  }

  /** Waits instead of failing; for the daemon's own work, such as a repair. */
  async wait(vmId: string, action: string): Promise<() => void> {
    return this.#hold(vmId, { action }, await this.#lock.acquire(vmId, action));
  }

  /** Waits, and is waited for; for what the daemon writes down of a VM, which takes milliseconds. */
  async note(vmId: string, action: string): Promise<() => void> {
    const acquired = await this.#lock.acquire(vmId, action);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const release = this.#hold(vmId, { action, over }, acquired);
    return () => {
      release();
      resolve();
    };
  }

  #hold(vmId: string, hold: Hold, release: () => void): () => void {
    this.#holds.set(vmId, hold);
    return () => {
      if (this.#holds.get(vmId) === hold) this.#holds.delete(vmId);
      release();
    };
  }
}
