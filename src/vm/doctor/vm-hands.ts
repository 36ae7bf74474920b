import { Injectable } from '@nestjs/common';
import { BookReader } from '../../core/database/index.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';

/** What is known of the work on VMs besides the books: much in the daemon, little outside. */
export abstract class VmHands {
  /** Whether this process has the VM's machine in hand; undefined when it has none at all. */
  abstract has(vmId: string): boolean | undefined;
  /** Whether somebody is at work on the VM, who will leave it in order. */
  abstract isBusy(vmId: string): boolean;
}

@Injectable()
export class DaemonHands extends VmHands {
  constructor(
    private readonly machines: Machines,
    private readonly locks: VmLocks,
  ) {
    super();
  }

  override has(vmId: string): boolean {
    return this.machines.get(vmId) !== undefined;
  }

  override isBusy(vmId: string): boolean {
    return this.locks.holder(vmId) !== undefined;
  }
}

/** Of the doctor without a daemon: whether another process is one, and may be at work, is all that shows. */
@Injectable()
export class NoHands extends VmHands {
  constructor(private readonly books: BookReader) {
    super();
  }

  override has(): undefined {
    return undefined;
  }

  override isBusy(): boolean {
    return this.books.isHeld();
  }
}
