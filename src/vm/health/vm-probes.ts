import { Injectable } from '@nestjs/common';
import type { VmPingView } from '../../contract/index.js';
import { GuestAccess } from '../access/guest-access.js';
import type { Machine, RunState } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import type { Vm } from '../vm.types.js';
import { answerWithin } from './timed-answer.js';
import type { TimedAnswer } from './timed-answer.js';

/** `ms`: a hypervisor or an agent that works answers in some of them, an emulated guest on a busy host in a few hundred */
const CONTROL_LIMIT_MS = 2_000;
/** `ms`: an emulated guest takes a second or two to let somebody in */
const SSH_LIMIT_MS = 4_500;

/** One round trip on each way into a VM, each bounded by itself: whatever hangs, there is an answer. */
@Injectable()
export class VmProbes {
  constructor(
    private readonly access: GuestAccess,
    private readonly machines: Machines,
  ) {}

  control(machine: Machine): Promise<TimedAnswer<RunState>> {
    return answerWithin(CONTROL_LIMIT_MS, "the hypervisor's answer", () =>
      machine.runState({ timeoutMs: CONTROL_LIMIT_MS }),
    );
  }

  agent(machine: Machine): Promise<TimedAnswer<void>> {
    return answerWithin(CONTROL_LIMIT_MS, "the guest agent's answer", () =>
      machine.agent.ping({ timeoutMs: CONTROL_LIMIT_MS }),
    );
  }

  /** A command that does nothing, on the pooled connection; on a new one when there is none. */
  ssh(vm: Vm): Promise<TimedAnswer<void>> {
    return answerWithin(SSH_LIMIT_MS, 'a command over SSH', async (signal) => {
      const connection = await this.access.connect(vm, signal);
      const channel = await connection.open({ line: ':' });
      const close = (): void => channel.close();
      signal.addEventListener('abort', close, { once: true });
      if (signal.aborted) close();
      channel.stdin.end();
      channel.stdout.resume();
      channel.stderr.resume();
      await channel.exited;
      signal.removeEventListener('abort', close);
    });
  }

  /** @throws VmWrongStateError when the VM does not run */
  async ping(vm: Vm): Promise<VmPingView> {
    const machine = this.machines.require(vm);
    const [control, agent, ssh] = await Promise.all([
      this.control(machine),
      this.agent(machine),
      this.ssh(vm),
    ]);
    return {
      name: vm.name,
      ...('value' in control && { controlMs: control.latencyMs }),
      ...('value' in agent && { agentMs: agent.latencyMs }),
      ...('value' in ssh && { sshMs: ssh.latencyMs }),
    };
  }
}
