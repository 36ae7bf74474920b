import { Injectable } from '@nestjs/common';
import type { VmPortsView } from '../../contract/index.js';
import { Machines } from '../machines.js';
import type { Vm } from '../vm.types.js';
import { LISTENERS_COMMAND, parseListeners } from './guest-listeners.js';
import { idlePorts, withReach } from './port-reach.js';

const LIMIT_MS = 20_000;

/** What listens in a guest, asked of the guest itself. */
@Injectable()
export class VmPortsService {
  constructor(private readonly machines: Machines) {}

  /** @throws VmWrongStateError, GuestAgentError, TimeoutError, CancelledError */
  async list(vm: Vm, signal: AbortSignal): Promise<VmPortsView> {
    const { agent } = this.machines.require(vm);
    const { stdout } = await agent.exec(LISTENERS_COMMAND, { timeoutMs: LIMIT_MS, signal });
    const { listeners, truncated } = parseListeners(stdout.toString('latin1'));
    const facts = { vm: vm.name, sshPort: vm.sshPort, publishedPorts: vm.publishedPorts };
    return {
      id: vm.id,
      name: vm.name,
      listeners: listeners.map((listener) => withReach(listener, facts)),
      truncated,
      idle: idlePorts(vm.publishedPorts, listeners),
    };
  }
}
