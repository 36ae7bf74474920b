import { Injectable } from '@nestjs/common';
import { Database } from '../../core/database/index.js';
import type { PublishedPort, VmState } from '../../contract/index.js';

export interface IdleRow {
  readonly id: string;
  readonly idleStopSeconds: number;
  readonly sshPort: number | null;
  readonly publishedPorts: readonly PublishedPort[];
}

/** What the jobs ask of the table of VMs: one query a round, whatever their number. */
@Injectable()
export class PolicyRepository {
  constructor(private readonly database: Database) {}

  /**
   * Those whose automatic restart is due, the longest due first. One that is further away than any pause was put there
   * by a clock that has been set back since.
   */
  async dueRestarts(now: number, longestPauseMs: number): Promise<string[]> {
    const rows = await this.database.client.vm.findMany({
      where: {
        OR: [{ restartAt: { lte: new Date(now) } }, { restartAt: { gt: new Date(now + longestPauseMs) } }],
        state: { in: ['stopped', 'failed'] satisfies VmState[] },
      },
      orderBy: [{ restartAt: 'asc' }, { id: 'asc' }],
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  /** Forgets the failures of VMs that have run since before a moment. */
  async forgetRestarts(startedBefore: number): Promise<void> {
    await this.database.client.vm.updateMany({
      where: { state: 'running', restarts: { gt: 0 }, startedAt: { lte: new Date(startedBefore) } },
      data: { restarts: 0 },
    });
  }

  async expired(now: number): Promise<{ id: string; expiresAt: Date }[]> {
    const rows = await this.database.client.vm.findMany({
      where: { expiresAt: { lte: new Date(now) } },
      orderBy: [{ expiresAt: 'asc' }, { id: 'asc' }],
      select: { id: true, expiresAt: true },
    });
    return rows.flatMap(({ id, expiresAt }) => (expiresAt === null ? [] : [{ id, expiresAt }]));
  }

  /** Running VMs that are to be stopped when nobody uses them. */
  async idleStops(): Promise<IdleRow[]> {
    const rows = await this.database.client.vm.findMany({
      where: { state: 'running', idleStopSeconds: { gt: 0 } },
      select: { id: true, idleStopSeconds: true, sshPort: true, publishedPorts: true },
    });
    return rows.map(({ id, idleStopSeconds, sshPort, publishedPorts }) => ({
      id,
      idleStopSeconds: idleStopSeconds ?? 0,
      sshPort,
      publishedPorts: publishedPorts as unknown as PublishedPort[],
    }));
  }

  /** Every VM that is not simply down. */
  async active(): Promise<{ id: string; state: VmState }[]> {
    const rows = await this.database.client.vm.findMany({
      where: { state: { notIn: ['stopped', 'failed'] satisfies VmState[] } },
      select: { id: true, state: true },
    });
    return rows.map(({ id, state }) => ({ id, state: state as VmState }));
  }
}
