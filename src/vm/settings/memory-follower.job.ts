import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../core/database/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { liveMemory } from './machine-shape.js';
import { MachineShapes } from './machine-shapes.js';

const EVERY_MS = 5_000;

/** A guest that was asked for memory may give it back long after nobody waits any more: then nothing is pending. */
@Injectable()
export class MemoryFollower {
  readonly #behind: () => Promise<Vm[]>;
  /** One round; an `@Interval` below calls it. */
  readonly round: () => Promise<void>;

  constructor(
    database: Database,
    vms: VmRepository,
    jobs: Jobs,
    private readonly machines: Machines,
    private readonly locks: VmLocks,
    private readonly shapes: MachineShapes,
  ) {
    this.#behind = database.remembered(async () => (await vms.list()).filter((vm) => isBehind(vm)));
    this.round = jobs.define('memory that guests give back', async () => {
      await Promise.all((await this.#behind()).map((vm) => this.#follow(vm)));
    });
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.round();
  }

  /** Whoever changes the VM meanwhile writes down himself what it has. */
  async #follow(vm: Vm): Promise<void> {
    const machine = this.machines.get(vm.id);
    if (machine === undefined || this.locks.holder(vm.id) !== undefined) return;
    // one that does not answer is for `health` to tell
    const memoryMib = await machine.memory().catch(() => undefined);
    if (
      memoryMib === undefined ||
      memoryMib === vm.machine?.shape?.memoryMib ||
      this.locks.holder(vm.id) !== undefined
    )
      return;
    const release = await this.locks.note(vm.id, 'recording its memory');
    try {
      if (this.machines.get(vm.id) === machine) await this.shapes.change(vm.id, { memoryMib });
    } finally {
      release();
    }
  }
}

function isBehind(vm: Vm): boolean {
  const shape = vm.machine?.shape;
  return vm.state === 'running' && shape !== undefined && shape.memoryMib !== liveMemory(vm, shape);
}
