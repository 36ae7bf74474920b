import type { ProcessMeter } from '../../core/process/index.js';
import type { NetworkCounters } from '../hypervisor/guest-channels.js';
import type { DiskCounters, GuestMemory, Machine, MachineStats } from '../hypervisor/hypervisor.js';
import { CounterRate } from './counter-rate.js';
import { PatientQuery } from './patient-query.js';
import type { Clock } from './patient-query.js';
import { SampleRing } from './sample-ring.js';
import type { SamplePoint } from './sample-ring.js';

/** `ms` between two samples */
export const SAMPLE_EVERY_MS = 5_000;
const RING_CAPACITY = 3_600_000 / SAMPLE_EVERY_MS;
/** samples between two looks at what costs more or changes more slowly */
const GUEST_EVERY = 3;
const DISK_SIZE_EVERY = 6;
const QUERY_TIMEOUT_MS = 2_000;

/** The newest figures of a running VM. What is not known, or not any more, is left out. */
export interface VmSample {
  /** `ms` since the epoch */
  readonly at: number;
  /** CPU time of the VMM since it was started */
  readonly cpuSeconds: number;
  /** CPUs kept busy since the sample before; unknown in the first */
  readonly cpuCores?: number;
  /** host memory that the VMM has in hand */
  readonly residentBytes: number;
  readonly disk?: DiskCounters;
  readonly network?: NetworkCounters;
  readonly guestMemory?: GuestMemory;
  /** what the VM's files take on the host */
  readonly allocatedBytes?: number;
}

export interface MeterParts {
  readonly processes: ProcessMeter;
  readonly clock: Clock;
  /** `bytes` that the VM's files take */
  readonly allocated: () => Promise<number>;
  /** whether the VMM counts the network's bytes, or the guest has to be asked */
  readonly networkCounters: boolean;
}

/** Takes the samples of one running machine. What is slow is asked for beside it, and waited for by nobody. */
export class VmMeter {
  readonly #ring = new SampleRing(RING_CAPACITY);
  readonly #cpu = new CounterRate();
  readonly #rates = {
    read: new CounterRate(),
    written: new CounterRate(),
    received: new CounterRate(),
    sent: new CounterRate(),
  };
  readonly #vmm: PatientQuery<MachineStats>;
  readonly #guest: PatientQuery<NetworkCounters>;
  readonly #files: PatientQuery<number>;
  #known: Omit<VmSample, 'at' | 'cpuSeconds' | 'cpuCores' | 'residentBytes'> = {};
  #diskReadRate = Number.NaN;
  #diskWriteRate = Number.NaN;
  #networkReceiveRate = Number.NaN;
  #networkSendRate = Number.NaN;
  #latest: VmSample | undefined;
  #count = 0;

  constructor(
    readonly machine: Machine,
    private readonly parts: MeterParts,
  ) {
    const { clock } = parts;
    this.#vmm = new PatientQuery(() => machine.stats({ timeoutMs: QUERY_TIMEOUT_MS }), clock);
    this.#guest = new PatientQuery(() => machine.agent.network({ timeoutMs: QUERY_TIMEOUT_MS }), clock);
    this.#files = new PatientQuery(parts.allocated, clock);
  }

  get latest(): VmSample | undefined {
    return this.#latest === undefined ? undefined : { ...this.#latest, ...this.#known };
  }

  points(since?: number): SamplePoint[] {
    return this.#ring.points(since);
  }

  /** Never waits, and never throws. */
  sample(): void {
    const usage = this.parts.processes.usage(this.machine.record.process);
    if (usage === undefined) return;
    const { cpuSeconds, residentBytes } = usage;
    const cpuCores = this.#cpu.next(cpuSeconds, this.parts.clock());
    const at = Date.now();
    this.#latest = { at, cpuSeconds, residentBytes, ...(!Number.isNaN(cpuCores) && { cpuCores }) };
    const { guestMemory } = this.#known;
    this.#ring.push({
      at,
      cpuCores,
      residentBytes,
      guestUsedBytes:
        guestMemory === undefined ? Number.NaN : guestMemory.totalBytes - guestMemory.availableBytes,
      diskReadRate: this.#diskReadRate,
      diskWriteRate: this.#diskWriteRate,
      networkReceiveRate: this.#networkReceiveRate,
      networkSendRate: this.#networkSendRate,
    });
    this.#ask();
    this.#count += 1;
  }

  #ask(): void {
    this.#vmm.poke(
      (stats) => this.#takeVmm(stats),
      () => this.#forgetVmm(),
    );
    if (!this.parts.networkCounters && this.#count % GUEST_EVERY === 0) {
      this.#guest.poke(
        (network) => this.#takeNetwork(network),
        () => this.#takeNetwork(undefined),
      );
    }
    if (this.#count % DISK_SIZE_EVERY === 0) {
      this.#files.poke(
        (allocatedBytes) => (this.#known = { ...this.#known, allocatedBytes }),
        () => undefined,
      );
    }
  }

  #takeVmm({ disk, guestMemory, network }: MachineStats): void {
    const now = this.parts.clock();
    this.#diskReadRate = this.#rates.read.next(disk.readBytes, now);
    this.#diskWriteRate = this.#rates.written.next(disk.writeBytes, now);
    const { guestMemory: _old, ...others } = this.#known;
    this.#known = { ...others, disk, ...(guestMemory !== undefined && { guestMemory }) };
    if (network !== undefined) this.#takeNetwork(network);
  }

  #forgetVmm(): void {
    const { disk: _disk, guestMemory: _memory, ...others } = this.#known;
    this.#known = others;
    this.#diskReadRate = Number.NaN;
    this.#diskWriteRate = Number.NaN;
  }

  #takeNetwork(network: NetworkCounters | undefined): void {
    const now = this.parts.clock();
    const { network: _old, ...others } = this.#known;
    this.#known = network === undefined ? others : { ...others, network };
    this.#networkReceiveRate =
      network === undefined ? Number.NaN : this.#rates.received.next(network.receivedBytes, now);
    this.#networkSendRate =
      network === undefined ? Number.NaN : this.#rates.sent.next(network.sentBytes, now);
  }
}
