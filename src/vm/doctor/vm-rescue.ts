import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { SshClient } from '../../core/ssh/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { MachineAdoption } from '../lifecycle/machine-adoption.js';
import { MachineTeardown } from '../lifecycle/machine-teardown.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

const CONNECT_MS = 10_000;
const SHUTDOWN_MS = 60_000;

/** A VMM that lives and that the daemon has no hold of: taken up if it can be, else its guest is shut down over SSH. */
@Injectable()
export class VmRescue {
  constructor(
    private readonly adoption: MachineAdoption,
    private readonly teardown: MachineTeardown,
    private readonly access: GuestAccess,
    private readonly ssh: SshClient,
    private readonly processes: ProcessRunner,
    private readonly vms: VmRepository,
  ) {}

  /** Under the VM's lock. @returns what was done */
  async run(vm: Vm, signal: AbortSignal): Promise<string> {
    if (await this.#adopted(vm)) return 'taken up again; it runs on';
    const failure = await this.#shutDown(vm, signal);
    await this.teardown.end(vm);
    await this.vms.transition(vm, 'stopping');
    await this.vms.transition(vm, 'stopped', { machine: null, error: null });
    const how =
      failure === undefined
        ? 'shut down over SSH'
        : `killed, since its guest could not be shut down: ${failure}`;
    return `${how}; start it again: banger vm start ${vm.name}`;
  }

  async #adopted(vm: Vm): Promise<boolean> {
    try {
      return await this.adoption.adopt(vm);
    } catch {
      return false;
    }
  }

  /** Undefined when the guest powered itself off, so that its file systems are clean; else why it did not. */
  async #shutDown(vm: Vm, signal: AbortSignal): Promise<string | undefined> {
    const process = vm.machine?.process;
    if (process === undefined) return 'its process is not known';
    try {
      const target = await this.access.target(vm);
      const connection = await this.ssh.connect(target, { timeoutMs: CONNECT_MS, signal });
      try {
        const channel = await connection.open({ line: 'systemctl --no-wall poweroff' });
        channel.stdin.end();
        channel.stdout.resume();
        channel.stderr.resume();
        await channel.exited;
      } finally {
        connection.close();
      }
    } catch (error) {
      signal.throwIfAborted();
      return toBangerError(error).message;
    }
    const gone = await this.processes.waitForExit(process, { timeoutMs: SHUTDOWN_MS, signal });
    return gone ? undefined : `it did not go down within ${SHUTDOWN_MS / 1000} s`;
  }
}
