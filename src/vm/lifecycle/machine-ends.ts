import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/clock/index.js';
import type { MachineExit } from '../hypervisor/hypervisor.js';
import { planRestart } from '../policies/restart-plan.js';
import { explainEnd } from '../reaper/machine-end.js';
import type { MachineEnd } from '../reaper/machine-end.js';
import { OomWatch } from '../reaper/oom-watch.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmEndedError } from '../vm.errors.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { VmChanges } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineTeardown } from './machine-teardown.js';

/** `bytes` of what the VMM and the guest said last that are kept with the failure */
const TAIL = 2048;
/** `ms`: how far the time of day may be off against the host's own count without meaning a restart */
const CLOCK_SLACK_MS = 60_000;
const TICK_MS = 10;

interface EndContext {
  /** the VM had been asked to stop: it stays down whatever its policy says */
  readonly asked?: boolean;
  /** false when it ended while no daemon ran */
  readonly watched?: boolean;
}

/** What an end means for the VM, and what comes next. */
@Injectable()
export class MachineEnds {
  constructor(
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly oom: OomWatch,
    private readonly clock: Clock,
  ) {}

  /** Under the VM's lock. Its state, why, and when its policy starts it again are written at once. */
  async record(vm: Vm, exit: MachineExit, context: EndContext = {}): Promise<void> {
    if (vm.ephemeral) return this.teardown.destroy(vm);
    const { end, changes } = await this.#explain(vm, exit, context);
    await this.teardown.end(vm);
    const now = this.clock.now();
    await this.vms.transition(vm, end.cause === 'failed' ? 'failed' : 'stopped', {
      machine: null,
      ...changes,
      lastEnd: { at: new Date(now).toISOString(), cause: end.cause, reason: reasonOf(end) },
      ...(context.asked === true ? { restarts: 0, restartAt: null } : planRestart(vm, end.cause, now)),
    });
  }

  /** A stop that nobody was left to finish: the VM is what it was to become. */
  async recordStop(vm: Vm): Promise<void> {
    await this.teardown.end(vm);
    await this.vms.transition(vm, 'stopped', { machine: null, error: null, restarts: 0, restartAt: null });
  }

  async #explain(
    vm: Vm,
    exit: MachineExit,
    { watched = true }: EndContext,
  ): Promise<{ end: MachineEnd; changes: Pick<VmChanges, 'error'> }> {
    const paths = this.paths.of(vm.id);
    const [stderrTail, consoleTail] = await Promise.all([
      this.files.tail(paths.vmmLog, TAIL),
      this.files.tail(paths.console, TAIL),
    ]);
    const pid = vm.machine?.process.pid;
    // Of a VMM that ended with a status of its own, or told its reason, the kernel had no part in it.
    const mayBeKilled = exit.exitCode === null && exit.by === undefined && watched;
    const outOfMemory =
      pid === undefined || exit.by !== undefined ? undefined : await this.oom.blame(pid, mayBeKilled);
    const hostRestarted = this.#hasHostRestarted(vm);
    const end = explainEnd({ exit, outOfMemory, hostRestarted, watched, consoleTail });
    if (end.cause === 'powered-off') return { end, changes: { error: null } };
    const { exitCode, signal } = exit;
    const error = new VmEndedError(vm.name, end, {
      exitCode,
      signal,
      stderrTail,
      consoleTail,
      ...(outOfMemory !== undefined && { outOfMemory }),
    });
    return { end, changes: { error: { message: error.message, data: error.toData() } } };
  }

  #hasHostRestarted({ machine, startedAt }: Vm): boolean {
    const sinceBoot = this.clock.sinceBoot();
    if (machine !== undefined && machine.process.startTicks * TICK_MS > sinceBoot) return true;
    const bootedAt = this.clock.now() - sinceBoot;
    return startedAt !== undefined && startedAt.getTime() < bootedAt - CLOCK_SLACK_MS;
  }
}

function reasonOf({ reason, why }: MachineEnd): string {
  return why === undefined ? reason : `${reason}; ${why}`;
}
