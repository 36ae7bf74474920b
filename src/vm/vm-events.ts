import { Injectable } from '@nestjs/common';
import type { VmState } from '../contract/index.js';
import type { Vm } from './vm.types.js';

/** A VM has come into another state; written down already. */
export interface VmStateChange {
  readonly vm: Vm;
  readonly from: VmState;
}

/** A VM with the disks that another one had; it is about to go on from there, or to boot. */
export interface VmCopied {
  readonly vm: Pick<Vm, 'id'>;
  readonly origin: Pick<Vm, 'id'>;
}

/** Tells upwards what becomes of VMs. Broadcast only: nobody waits for a listener, and one that fails harms nobody. */
@Injectable()
export class VmEvents {
  readonly #listeners = new Set<(change: VmStateChange) => void>();
  readonly #copyListeners = new Set<(copied: VmCopied) => void>();

  onState(listener: (change: VmStateChange) => void): void {
    this.#listeners.add(listener);
  }

  onCopied(listener: (copied: VmCopied) => void): void {
    this.#copyListeners.add(listener);
  }

  publish(change: VmStateChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  publishCopied(copied: VmCopied): void {
    for (const listener of this.#copyListeners) listener(copied);
  }
}
