import { Injectable } from '@nestjs/common';
import type { VmHealthCheck, VmHealthView } from '../../contract/index.js';
import { ProcessMeter } from '../../core/process/index.js';
import { HostFacts } from '../../host/index.js';
import { GuestAgentError } from '../hypervisor/hypervisor.errors.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import { parseGuestReport, REPORT_COMMAND } from './guest-report.js';
import { health } from './health-findings.js';
import { answerWithin } from './timed-answer.js';
import type { TimedAnswer } from './timed-answer.js';
import { VmProbes } from './vm-probes.js';

const TIME_LIMIT_MS = 1_000;
/** All that is asked of the guest's agent, one after the other, is over by then. `ms` */
const GUEST_LIMIT_MS = 4_800;
const HOST_DISK_LIMIT_MS = 2_000;

/** Whether a VM works, and if not, what hangs: everything is asked at once, and nothing is waited for beyond 5 s. */
@Injectable()
export class VmHealthService {
  constructor(
    private readonly machines: Machines,
    private readonly probes: VmProbes,
    private readonly processes: ProcessMeter,
    private readonly host: HostFacts,
    private readonly paths: VmPathFinder,
  ) {}

  async check(vm: Vm): Promise<VmHealthView> {
    const machine = this.machines.get(vm.id);
    const [running, hostDisk] = await Promise.all([
      machine === undefined ? [] : this.#checkMachine(vm, machine),
      this.#checkHostDisk(vm),
    ]);
    const checks = [health.state(vm), ...running, hostDisk];
    const { id, name, state } = vm;
    return { id, name, state, healthy: checks.every(({ status }) => status !== 'fail'), checks };
  }

  async #checkMachine(vm: Vm, machine: Machine): Promise<VmHealthCheck[]> {
    const { process } = machine.record;
    const [control, guest, ssh] = await Promise.all([
      this.probes.control(machine),
      this.#checkGuest(vm, machine),
      this.probes.ssh(vm),
    ]);
    const [agent, ...others] = guest;
    const waysIn = [agent, health.ssh(vm, ssh)];
    const isHalted = 'value' in control && control.value === 'io-error';
    const disk = { halt: machine.diskHalt, path: this.paths.of(vm.id).directory };
    return [
      health.process(vm, process.pid, this.processes.usage(process)?.state),
      health.control(vm, control, disk),
      ...(isHalted ? waysIn.map((check) => health.ofHalted(check)) : waysIn),
      ...others,
    ];
  }

  /** One after the other on the one channel; the rest is not asked of an agent that does not answer. */
  async #checkGuest(vm: Vm, machine: Machine): Promise<[VmHealthCheck, ...VmHealthCheck[]]> {
    const end = performance.now() + GUEST_LIMIT_MS;
    const ping = await this.probes.agent(machine);
    const agent = health.agent(vm, ping);
    if ('failure' in ping) {
      const { latencyMs } = ping;
      const unasked = { failure: new GuestAgentError(vm.name, 'it does not answer'), latencyMs };
      return [agent, health.clock(vm, unasked), ...health.guest(vm, unasked)];
    }
    const clock = await this.#clockOffset(machine);
    const timeoutMs = Math.round(end - performance.now());
    const report = await answerWithin(timeoutMs, 'the look into the guest', async (signal) => {
      const { stdout } = await machine.agent.exec(REPORT_COMMAND, { timeoutMs, signal });
      return parseGuestReport(stdout.toString('latin1'));
    });
    return [agent, health.clock(vm, clock), ...health.guest(vm, report)];
  }

  /** Guest less host, `ms`: the guest's clock was read half a round trip ago. */
  async #clockOffset(machine: Machine): Promise<TimedAnswer<number>> {
    const before = Date.now();
    const answer = await answerWithin(TIME_LIMIT_MS, "the guest's clock", () => machine.agent.time());
    if ('failure' in answer) return answer;
    return { ...answer, value: answer.value - (before + answer.latencyMs / 2) };
  }

  async #checkHostDisk(vm: Vm): Promise<VmHealthCheck> {
    const { directory } = this.paths.of(vm.id);
    const free = await answerWithin(HOST_DISK_LIMIT_MS, "the host's file system", () =>
      this.host.freeBytes(directory),
    );
    return health.hostDisk(directory, free);
  }
}
