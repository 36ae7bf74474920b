import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { SavedMemories } from '../saving/saved-memory.js';
import { shapeOf } from '../settings/machine-shape.js';
import { Snapshots } from '../snapshots/snapshots.js';
import { VmCapture } from '../snapshots/vm-capture.js';
import { VmDisks } from '../vm-disks.js';
import type { Vm } from '../vm.types.js';
import type { CopySource } from './copy-steps.js';

/** Keeps what a VM that runs is, for copies that go on from there at once or later. */
@Injectable()
export class ForkCapture {
  constructor(
    private readonly capture: VmCapture,
    private readonly memories: SavedMemories,
    private readonly snapshots: Snapshots,
    private readonly disks: VmDisks,
  ) {}

  /** Under the VM's lock. @param to.paused whether the copies go on later: what is kept is sealed for that */
  async run(
    vm: Vm,
    { directory, paused }: { directory: string; paused: boolean },
    operation: OperationContext,
  ): Promise<{ pausedMs: number; source: CopySource }> {
    const saved = this.snapshots.memoryIn(directory);
    const pausedMs = await operation.step('vm.capture', 'keeping what it is', async (step) => {
      const ms = await this.capture.take(vm, { directory, to: saved, signal: operation.signal });
      step.detail(`it stood still for ${Math.round(ms)} ms`);
      return ms;
    });
    const machine = { saved, shape: vm.machine?.shape ?? shapeOf(vm) };
    const memory = paused
      ? await operation.step('memory.seal', 'writing down its memory', () => this.memories.seal(vm, saved))
      : undefined;
    const { id, name, publishedPorts } = vm;
    return {
      pausedMs,
      source: {
        bases: this.disks.basesIn(vm, directory),
        machine: memory === undefined ? machine : { ...machine, memory },
        copyOf: { id, name, publishedPorts },
      },
    };
  }
}
