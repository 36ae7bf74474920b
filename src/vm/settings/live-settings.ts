import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { Machines } from '../machines.js';
import type { Vm } from '../vm.types.js';
import { setHostName, settleMemory } from './guest-settings.js';
import { liveMemory } from './machine-shape.js';
import { MachineShapes } from './machine-shapes.js';

/**
 * Makes a running machine agree with its VM's record in what can be changed while it runs. What a guest or a hypervisor
 * does not do waits for the next start: that is a warning, and stays in `pending`.
 */
@Injectable()
export class LiveSettings {
  constructor(
    private readonly machines: Machines,
    private readonly shapes: MachineShapes,
  ) {}

  /** Less memory, or as much again as the machine was started with. */
  async memory(vm: Vm, operation: OperationContext): Promise<Vm> {
    const machine = this.machines.get(vm.id);
    const shape = vm.machine?.shape;
    if (machine === undefined || shape === undefined) return vm;
    const wanted = liveMemory(vm, shape);
    if (wanted === shape.memoryMib) return vm;
    operation.rollback.add('the memory', async () => {
      await machine.setMemory(shape.memoryMib);
      await this.shapes.change(vm.id, { memoryMib: shape.memoryMib });
    });
    return operation.step('memory.adjust', 'adjusting the memory', async (step) => {
      const has = await this.#attempt(operation, 'its memory could not be changed while it runs', () =>
        settleMemory(machine, wanted, operation.signal),
      );
      if (has === undefined) return vm;
      step.detail(`${has} MiB`);
      if (has !== wanted)
        operation.warn(`the guest uses its memory: it has ${has} MiB for now, and gives back more as it can`);
      return this.shapes.change(vm.id, { memoryMib: has });
    });
  }

  /** What the guest calls itself. */
  async name(vm: Vm, operation: OperationContext): Promise<Vm> {
    const machine = this.machines.get(vm.id);
    const shape = vm.machine?.shape;
    if (machine === undefined || shape === undefined || shape.hostName === vm.name) return vm;
    const { agent } = machine;
    operation.rollback.add("the guest's name", async () => {
      await setHostName({ vm: vm.name, agent }, shape.hostName);
      await this.shapes.change(vm.id, { hostName: shape.hostName });
    });
    return operation.step('guest.name', 'telling the guest its name', async () => {
      const done = await this.#attempt(
        operation,
        'the guest keeps its old name until its next start',
        async () => {
          await setHostName({ vm: vm.name, agent, signal: operation.signal }, vm.name);
          return true;
        },
      );
      return done === undefined ? vm : this.shapes.change(vm.id, { hostName: vm.name });
    });
  }

  async #attempt<T>(
    operation: OperationContext,
    consequence: string,
    body: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await body();
    } catch (error) {
      operation.signal.throwIfAborted();
      operation.warn(`${consequence}: ${toBangerError(error, consequence).message}`);
      return undefined;
    }
  }
}
