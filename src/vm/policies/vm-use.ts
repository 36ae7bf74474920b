import { Injectable } from '@nestjs/common';
import { SshPool } from '../../core/ssh/index.js';
import { VmSampler } from '../stats/vm-sampler.js';
import { VmLocks } from '../vm-locks.js';
import { HostConnections } from './host-connections.adapter.js';
import type { IdleRow } from './policy.repository.js';

/** CPUs: what a guest that has nothing to do takes, emulated as well, is well below */
export const BUSY_CORES = 0.15;

/** Whether VMs are used right now, or were since the last look. */
@Injectable()
export class VmUse {
  /** commands that there had been at the last look, by VM id */
  #commands = new Map<string, number>();

  constructor(
    private readonly connections: HostConnections,
    private readonly sampler: VmSampler,
    private readonly pool: SshPool,
    private readonly locks: VmLocks,
  ) {}

  /** Those of the VMs that are in use: by a command, a connection from outside, a change under way, or by themselves. */
  async used(vms: readonly IdleRow[]): Promise<Set<string>> {
    const addresses = vms.flatMap((vm) => addressesOf(vm));
    const connected = new Set([...(await this.connections.used(addresses))].map(({ vmId }) => vmId));
    const before = this.#commands;
    this.#commands = new Map(vms.map(({ id }) => [id, this.pool.commands(id).ever]));
    return new Set(
      vms
        .filter(({ id }) => {
          const { running, ever } = this.pool.commands(id);
          const commands = running > 0 || before.get(id) !== ever;
          return commands || connected.has(id) || this.locks.holder(id) !== undefined || this.#isBusy(id);
        })
        .map(({ id }) => id),
    );
  }

  /** What is not known counts as busy: a VM is never stopped because it could not be looked at. */
  #isBusy(id: string): boolean {
    return (this.sampler.latest(id)?.cpuCores ?? Infinity) > BUSY_CORES;
  }
}

function addressesOf(vm: IdleRow): { vmId: string; hostAddress: string; hostPort: number }[] {
  const ssh = vm.sshPort === null ? [] : [{ vmId: vm.id, hostAddress: '127.0.0.1', hostPort: vm.sshPort }];
  const published = vm.publishedPorts.map(({ hostAddress, hostPort }) => ({
    vmId: vm.id,
    hostAddress,
    hostPort,
  }));
  return [...ssh, ...published];
}
