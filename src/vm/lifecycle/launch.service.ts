import { Injectable } from '@nestjs/common';
import type { MachineDraft } from '../../capabilities/index.js';
import { isKind } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import { PortLeases } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Machine, MachineSpec } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import type { RestorePoint } from '../saving/restore-point.js';
import { shapeOf } from '../settings/machine-shape.js';
import { VmRepository } from '../vm.repository.js';
import type { MachineShape, Vm } from '../vm.types.js';
import { MachinePreparer } from './machine-preparer.js';
import type { PreparedMachine } from './machine-preparer.js';

/** Another program may take the leased port between the check and the VMM's bind. */
const LAUNCH_ATTEMPTS = 3;

export interface Launched {
  readonly vm: Vm;
  readonly machine: Machine;
  readonly draft: MachineDraft;
}

/** Starts a VM's machine, with its port and process in the ledger before they exist. */
@Injectable()
export class LaunchService {
  constructor(
    private readonly preparer: MachinePreparer,
    private readonly hypervisor: Hypervisor,
    private readonly machines: Machines,
    private readonly ports: PortLeases,
    private readonly ledger: Ledger,
    private readonly vms: VmRepository,
  ) {}

  /** @param from what it goes on from, instead of booting */
  async launch(
    vm: Vm,
    image: BootableImage,
    { from, signal }: { from?: RestorePoint | undefined; signal: AbortSignal },
  ): Promise<Launched> {
    let leased = vm.sshPort === undefined ? await this.#leasePort(vm) : vm;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { spec, draft } = await this.preparer.prepare(leased, image);
        const shape = from?.shape === undefined ? shapeOf(leased) : { ...from.shape, hostName: leased.name };
        return await this.#attempt(leased, { spec: restored(spec, from), draft, shape }, signal);
      } catch (error) {
        const conflict = isKind(error, 'VMM_FAILED') && error.details.portConflict === true;
        if (!conflict || attempt === LAUNCH_ATTEMPTS) throw error;
        await this.ledger.release('port', String(leased.sshPort));
        leased = await this.#leasePort(leased);
      }
    }
  }

  async #leasePort(vm: Vm): Promise<Vm> {
    const sshPort = await this.ports.acquire({ type: 'vm', id: vm.id });
    return this.vms.update(vm.id, { sshPort });
  }

  async #attempt(
    vm: Vm,
    { spec, draft, shape }: PreparedMachine & { shape: MachineShape },
    signal: AbortSignal,
  ): Promise<Launched> {
    const marker = this.hypervisor.processMarker(vm.id);
    const machine = await this.ledger.make(
      { kind: 'process', key: vm.id, owner: { type: 'vm', id: vm.id }, data: { marker } },
      () =>
        this.hypervisor.launch(spec, {
          signal,
          onSpawn: (process) => this.ledger.update('process', vm.id, { marker, process }),
        }),
    );
    this.machines.add(vm.id, machine);
    const { record } = machine;
    return {
      machine,
      draft,
      vm: await this.vms.update(vm.id, {
        machine: { ...record, shape },
        accelerator: record.accelerator,
        startedAt: new Date(),
      }),
    };
  }
}

/** A machine that goes on has what it had, whatever its settings are by now. */
function restored(spec: MachineSpec, from: RestorePoint | undefined): MachineSpec {
  if (from === undefined) return spec;
  const { source, shape } = from;
  const size = shape === undefined ? {} : { cpus: shape.cpus, memoryMib: shape.bootMemoryMib };
  return { ...spec, ...size, restoreFrom: source };
}
