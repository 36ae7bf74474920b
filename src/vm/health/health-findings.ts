import type { HealthStatus, VmHealthCheck } from '../../contract/index.js';
import type { Vm } from '../vm.types.js';
import type { DiskHalt, RunState } from '../hypervisor/hypervisor.js';
import { haltedCondition } from '../storage/disk-conditions.js';
import type { GuestDisk, GuestReport } from './guest-report.js';
import type { TimedAnswer } from './timed-answer.js';

const MIB = 1024 * 1024;
/** `ms` by which a clock may be off; what is more breaks builds, what is far more breaks TLS */
const CLOCK_WARN_MS = 500;
const CLOCK_FAIL_MS = 60_000;
const HOST_FREE_WARN_BYTES = 2048 * MIB;
const HOST_FREE_FAIL_BYTES = 256 * MIB;

/** What each look at a VM means. Pure. */
export const health = {
  state({ name, state, error }: Vm): VmHealthCheck {
    const base = { id: 'state', title: 'state' };
    if (state === 'running') return { ...base, status: 'ok', detail: 'running' };
    if (state === 'stopped')
      return { ...base, status: 'fail', detail: 'stopped', fix: `start it: banger vm start ${name}` };
    if (state === 'suspended')
      return { ...base, status: 'fail', detail: 'suspended', fix: `resume it: banger vm resume ${name}` };
    if (state === 'failed') {
      return {
        ...base,
        status: 'fail',
        detail: error === undefined ? 'failed' : `failed: ${error.message}`,
        fix: error?.data.fix ?? `start it again: banger vm start ${name}`,
      };
    }
    return { ...base, status: 'warn', detail: state, fix: 'wait for it: banger operation list' };
  },

  process(vm: Vm, pid: number, state: string | undefined): VmHealthCheck {
    const base = { id: 'process', title: 'hypervisor process' };
    if (state === undefined) {
      const fix = `see what became of it: banger vm show ${vm.name}`;
      return { ...base, status: 'fail', detail: `process ${pid} is gone, or is another by now`, fix };
    }
    if (state === 'T' || state === 't') {
      const fix = `let it go on: kill -CONT ${pid}; or end it: banger vm kill ${vm.name}`;
      return { ...base, status: 'fail', detail: `process ${pid} was stopped by a signal`, fix };
    }
    if (state === 'D')
      return { ...base, status: 'warn', detail: `process ${pid} waits for the host's disk or network` };
    return { ...base, status: 'ok', detail: `process ${pid} runs` };
  },

  /** @param disk why the guest is halted, if it is known to be, and the path that its disks are on */
  control(
    vm: Vm,
    answer: TimedAnswer<RunState>,
    disk: { halt: DiskHalt | undefined; path: string },
  ): VmHealthCheck {
    const base = { id: 'control', title: 'control channel', latencyMs: answer.latencyMs };
    if ('failure' in answer) {
      const fix = `the hypervisor hangs: end it and start it again: banger vm kill ${vm.name}`;
      return { ...base, status: 'fail', detail: answer.failure.message, fix };
    }
    if (answer.value === 'running') return { ...base, status: 'ok', detail: 'the hypervisor answers' };
    if (answer.value === 'io-error') {
      // halted this moment: why has not been heard yet, and it is room almost always
      const halt = disk.halt ?? { noSpace: true, since: new Date() };
      const { message, fix } = haltedCondition(halt, disk.path);
      return { ...base, status: 'fail', detail: message, fix };
    }
    const fix = `start it again: banger vm restart ${vm.name}`;
    return { ...base, status: 'fail', detail: 'the hypervisor answers, but the guest does not run', fix };
  },

  agent(vm: Vm, answer: TimedAnswer<void>): VmHealthCheck {
    const base = { id: 'agent', title: 'guest agent', latencyMs: answer.latencyMs };
    if ('value' in answer) return { ...base, status: 'ok', detail: 'answers' };
    const fix = `see its console (banger vm console ${vm.name}), or restart it: banger vm restart ${vm.name}`;
    return { ...base, status: 'fail', detail: answer.failure.message, fix };
  },

  ssh(vm: Vm, answer: TimedAnswer<void>): VmHealthCheck {
    const base = { id: 'ssh', title: 'SSH', latencyMs: answer.latencyMs };
    if ('value' in answer) return { ...base, status: 'ok', detail: 'a command came back' };
    const fix = answer.failure.fix ?? `see its console (banger vm console ${vm.name}), or restart it`;
    return { ...base, status: 'fail', detail: answer.failure.message, fix };
  },

  /** Of a way into a guest that its disk halts: it cannot answer, and a restart would lose what waits to be written. */
  ofHalted({ fix: _restart, ...check }: VmHealthCheck): VmHealthCheck {
    return check;
  },

  /** @param answer the guest's clock less the host's, `ms` */
  clock(vm: Vm, answer: TimedAnswer<number>): VmHealthCheck {
    const base = { id: 'clock', title: 'clock' };
    if ('failure' in answer) return unknown(base, answer.failure.message);
    const offset = answer.value;
    // Half the round trip is what the reading may be wrong by.
    const sure = Math.max(0, Math.abs(offset) - answer.latencyMs / 2);
    const direction = offset < 0 ? 'behind' : 'ahead of';
    const detail = `${formatMs(Math.abs(offset))} ${direction} the host`;
    const { latencyMs } = answer;
    if (sure <= CLOCK_WARN_MS) return { ...base, latencyMs, status: 'ok', detail };
    const status = sure > CLOCK_FAIL_MS ? 'fail' : 'warn';
    const fix = `set it: banger vm exec ${vm.name} -- date -s @$(date +%s)`;
    return { ...base, latencyMs, status, detail, fix };
  },

  guest(vm: Vm, answer: TimedAnswer<GuestReport>): VmHealthCheck[] {
    const disk = { id: 'guest-disk', title: 'disk in the guest' };
    const memory = { id: 'memory', title: 'memory in the guest' };
    if ('failure' in answer) {
      const { message } = answer.failure;
      return [unknown(disk, message), unknown(memory, message)];
    }
    const { disks, memory: known } = answer.value;
    return [
      ...(disks.length === 0
        ? [unknown(disk, 'the guest has no df')]
        : disks.map((one) => ({ ...disk, ...guestDisk(vm, one), latencyMs: answer.latencyMs }))),
      known === undefined
        ? unknown(memory, 'the guest has no /proc/meminfo')
        : { ...memory, ...guestMemory(vm, known), latencyMs: answer.latencyMs },
    ];
  },

  hostDisk(path: string, answer: TimedAnswer<number>): VmHealthCheck {
    const base = { id: 'host-disk', title: 'disk of the host' };
    if ('failure' in answer) return unknown(base, answer.failure.message);
    const detail = `${formatMib(answer.value)} free at ${path}`;
    const status =
      answer.value < HOST_FREE_FAIL_BYTES ? 'fail' : answer.value < HOST_FREE_WARN_BYTES ? 'warn' : 'ok';
    if (status === 'ok') return { ...base, status, detail };
    const fix = 'make room: delete VMs or images that nobody needs (banger vm list, banger image list)';
    return { ...base, status, detail, fix };
  },
};

type Finding = Pick<VmHealthCheck, 'status' | 'detail' | 'fix'>;

function guestDisk(vm: Vm, { mountPoint, totalBytes, availableBytes }: GuestDisk): Finding {
  const share = availableBytes / totalBytes;
  const detail = `${formatMib(availableBytes)} of ${formatMib(totalBytes)} free at ${mountPoint}`;
  const status: HealthStatus = share < 0.01 ? 'fail' : share < 0.1 ? 'warn' : 'ok';
  if (status === 'ok') return { status, detail };
  const option = growingOption(vm, mountPoint);
  const enlarge = option === undefined ? '' : `, or enlarge it: banger vm set ${vm.name} ${option} SIZE`;
  return { status, detail, fix: `make room in it${enlarge}` };
}

/** Undefined for a disk that the guest has mounted at /root by itself. */
function growingOption({ workDiskMib }: Vm, mountPoint: string): string | undefined {
  if (mountPoint === '/') return '--disk';
  return workDiskMib === undefined ? undefined : '--work-disk';
}

function guestMemory(vm: Vm, memory: { totalBytes: number; availableBytes: number }): Finding {
  const { totalBytes, availableBytes } = memory;
  const detail = `${formatMib(availableBytes)} of ${formatMib(totalBytes)} available`;
  if (availableBytes / totalBytes >= 0.05) return { status: 'ok', detail };
  const fix = `end something in it, or give it more: banger vm set ${vm.name} --memory SIZE`;
  return { status: 'warn', detail, fix };
}

/** What could not be looked at is no failure of its own: the way that did not answer is. */
function unknown(base: { id: string; title: string }, reason: string): VmHealthCheck {
  return { ...base, status: 'warn', detail: `not known: ${reason}` };
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function formatMib(bytes: number): string {
  const mib = bytes / MIB;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
