import type { DiskCounters, GuestMemory, MachineStats, RunState } from '../hypervisor.js';
import { BALLOON_PATH } from './qemu-arguments.js';
import type { QmpClient } from './qmp-client.js';
import { isRecord } from './qmp-protocol.js';

/** `s` between two tellings of the guest about its memory; each costs it some 10 µs */
const GUEST_STATS_INTERVAL_S = 5;
/** what QEMU shows for a figure that the guest has not told: 2^64 - 1, which JSON rounds */
const MAX_TOLD = Number.MAX_SAFE_INTEGER;

/** What a QEMU counts, asked on its monitor. */
export class MachineStatsQuery {
  /** whether the balloon tells of the guest's memory: unknown until it was asked for once */
  #balloon: 'unknown' | 'telling' | 'absent' = 'unknown';

  constructor(private readonly qmp: QmpClient) {}

  /** @throws VmmProtocolError */
  async query(timeoutMs: number): Promise<MachineStats> {
    const disk = parseBlockStats(await this.qmp.execute('query-blockstats', undefined, timeoutMs));
    const guestMemory = await this.#guestMemory(timeoutMs);
    return { disk, ...(guestMemory !== undefined && { guestMemory }) };
  }

  /** The balloon keeps what the guest sent last: a guest that hangs delays nothing. */
  async #guestMemory(timeoutMs: number): Promise<GuestMemory | undefined> {
    if (this.#balloon === 'unknown') this.#balloon = await this.#startTelling(timeoutMs);
    if (this.#balloon !== 'telling') return undefined;
    const query = { path: BALLOON_PATH, property: 'guest-stats' };
    return parseGuestStats(await this.qmp.execute('qom-get', query, timeoutMs));
  }

  async #startTelling(timeoutMs: number): Promise<'telling' | 'absent'> {
    const setting = {
      path: BALLOON_PATH,
      property: 'guest-stats-polling-interval',
      value: GUEST_STATS_INTERVAL_S,
    };
    try {
      await this.qmp.execute('qom-set', setting, timeoutMs);
      return 'telling';
    } catch {
      // A machine of an earlier version, without one. One that hangs has failed at the query before this.
      return 'absent';
    }
  }
}

/**
 * The sum over all disks of the answer to query-blockstats: each entry is a device, what stands in its `parent` and
 * `backing` is the same bytes once more. A QEMU that a guest took over may say anything: what is no count is none.
 */
export function parseBlockStats(answer: unknown): DiskCounters {
  const devices = (Array.isArray(answer) ? answer : []).flatMap((device: unknown) =>
    isRecord(device) && isRecord(device['stats']) ? [device['stats']] : [],
  );
  const sum = (member: string): number =>
    devices.reduce((total, stats) => total + (count(stats[member]) ?? 0), 0);
  return {
    readBytes: sum('rd_bytes'),
    writeBytes: sum('wr_bytes'),
    readOperations: sum('rd_operations'),
    writeOperations: sum('wr_operations'),
  };
}

/** Of the balloon's guest-stats; undefined before the guest has told anything. */
export function parseGuestStats(answer: unknown): GuestMemory | undefined {
  if (!isRecord(answer) || !isRecord(answer['stats'])) return undefined;
  const totalBytes = count(answer['stats']['stat-total-memory']);
  const availableBytes = count(answer['stats']['stat-available-memory']);
  if (totalBytes === undefined || totalBytes === 0 || availableBytes === undefined) return undefined;
  return { totalBytes, availableBytes: Math.min(availableBytes, totalBytes) };
}

/** Of the answer to query-status. */
export function parseRunState(answer: unknown): RunState {
  const status = isRecord(answer) ? answer['status'] : undefined;
  return status === 'running' || status === 'paused' || status === 'io-error' ? status : 'other';
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value < MAX_TOLD ? value : undefined;
}
