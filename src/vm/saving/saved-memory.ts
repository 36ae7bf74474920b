import { Injectable } from '@nestjs/common';
import type { SavedMachine } from '../hypervisor/hypervisor.js';
import type { MachineShape, Vm } from '../vm.types.js';
import { MachineFits } from './machine-fits.js';
import type { MachineFit } from './machine-fits.js';
import { PRIVATE_MODE, SavedFiles } from './saved-files.adapter.js';
import type { FileFacts } from './saved-files.adapter.js';
import { SavedMemoryError } from './saving.errors.js';

/** What is known of a machine that was saved while it ran. JSON. */
export interface SavedMemory {
  readonly fit: MachineFit;
  readonly shape: MachineShape;
  /** by name: those of `SavedMachine` */
  readonly files: Readonly<Record<string, FileFacts>>;
}

/** Seals what machines that ran were saved in, and tells whether they can go on. */
@Injectable()
export class SavedMemories {
  constructor(
    private readonly files: SavedFiles,
    private readonly fits: MachineFits,
  ) {}

  /** What was just written of a VM's machine. @throws SavedMemoryError where it could not go on from it */
  async seal(vm: Vm, { memoryPath, statePath }: SavedMachine): Promise<SavedMemory> {
    const shape = vm.machine?.shape;
    const fit = await this.fits.now();
    if (shape === undefined || fit === undefined)
      throw new SavedMemoryError(vm.name, 'an earlier version of banger has started it');
    const { files } = await this.files.seal(
      [memoryPath, statePath].map((path) => ({ path, mode: PRIVATE_MODE })),
    );
    return { fit: { ...fit, accelerator: vm.machine?.accelerator ?? fit.accelerator }, shape, files };
  }

  /** @throws SavedMemoryError when a machine cannot go on from it, now or ever */
  async check(vm: Pick<Vm, 'name'>, directory: string, { fit, files }: SavedMemory): Promise<void> {
    const problem = (await this.fits.misfit(fit)) ?? (await this.files.problem(directory, files));
    if (problem !== undefined) throw new SavedMemoryError(vm.name, problem);
  }

  /** Gives the files second names. */
  async share(from: SavedMachine, to: SavedMachine): Promise<void> {
    await this.files.share(from.memoryPath, to.memoryPath);
    await this.files.share(from.statePath, to.statePath);
  }
}
