import { Injectable } from '@nestjs/common';
import { Database } from '../../core/database/index.js';
import type { Prisma } from '../../core/database/index.js';
import type { PublishedPort, VmState } from '../../contract/index.js';

export interface IdleRow {
  readonly id: string;
  readonly idleStopSeconds: number;
  readonly sshPort: number | null;
  readonly publishedPorts: readonly PublishedPort[];
}

const SCHEDULE = {
  id: true,
  state: true,
  startedAt: true,
  restarts: true,
  restartAt: true,
  expiresAt: true,
  idleStopSeconds: true,
  sshPort: true,
  publishedPorts: true,
} as const;

/** What the jobs ask of the table of VMs: one query after each change to it, whatever the number of VMs and jobs. */
@Injectable()
export class PolicyRepository {
  /** every VM that some job will have to do with */
  readonly #scheduled: () => Promise<Prisma.VmGetPayload<{ select: typeof SCHEDULE }>[]>;

  constructor(private readonly database: Database) {
    this.#scheduled = database.remembered(() =>
      this.database.client.vm.findMany({
        where: {
          OR: [
            { restartAt: { not: null } },
            { restarts: { gt: 0 } },
            { expiresAt: { not: null } },
            { idleStopSeconds: { gt: 0 } },
          ],
        },
        orderBy: { id: 'asc' },
        select: SCHEDULE,
      }),
    );
  }

  /**
   * Those whose automatic restart is due, the longest due first. One that is further away than any pause was put there
   * by a clock that has been set back since.
   */
  async dueRestarts(now: number, longestPauseMs: number): Promise<string[]> {
    return (await this.#scheduled())
      .filter(({ state }) => state === 'stopped' || state === 'failed')
      .flatMap(({ id, restartAt }) => (restartAt === null ? [] : [{ id, at: restartAt.getTime() }]))
      .filter(({ at }) => at <= now || at > now + longestPauseMs)
      .toSorted((a, b) => a.at - b.at)
      .map(({ id }) => id);
  }

  /** Forgets the failures of VMs that have run since before a moment. */
  async forgetRestarts(startedBefore: number): Promise<void> {
    const ranWell = (await this.#scheduled()).filter(
      ({ state, restarts, startedAt }) =>
        state === 'running' && restarts > 0 && startedAt !== null && startedAt.getTime() <= startedBefore,
    );
    if (ranWell.length === 0) return;
    await this.database.client.vm.updateMany({
      where: {
        id: { in: ranWell.map(({ id }) => id) },
        state: 'running',
        startedAt: { lte: new Date(startedBefore) },
      },
      data: { restarts: 0 },
    });
  }

  /** Those whose time to live is over, the longest over first. */
  async expired(now: number): Promise<{ id: string; expiresAt: Date }[]> {
    return (await this.#scheduled())
      .flatMap(({ id, expiresAt }) => (expiresAt === null ? [] : [{ id, expiresAt }]))
      .filter(({ expiresAt }) => expiresAt.getTime() <= now)
      .toSorted((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime());
  }

  /** Running VMs that are to be stopped when nobody uses them. */
  async idleStops(): Promise<IdleRow[]> {
    return (await this.#scheduled()).flatMap(({ id, state, idleStopSeconds, sshPort, publishedPorts }) =>
      state === 'running' && idleStopSeconds !== null && idleStopSeconds > 0
        ? [{ id, idleStopSeconds, sshPort, publishedPorts: publishedPorts as unknown as PublishedPort[] }]
        : [],
    );
  }

  /** Every VM that is not simply down. */
  async active(): Promise<{ id: string; state: VmState }[]> {
    const rows = await this.database.client.vm.findMany({
      where: { state: { notIn: ['stopped', 'suspended', 'failed'] satisfies VmState[] } },
      select: { id: true, state: true },
    });
    return rows.map(({ id, state }) => ({ id, state: state as VmState }));
  }
}
