import { Injectable } from '@nestjs/common';
import { Config } from '../core/config/index.js';
import { OutputLogs } from './output/output-log.js';
import type { OutputLog } from './output/output-log.js';
import { SessionPaths } from './session-paths.js';
import type { SessionChanges } from './session.repository.js';
import type { Session } from './session.types.js';

const MIB = 1024 * 1024;

/** The logs of sessions, by session. */
@Injectable()
export class SessionLogs {
  constructor(
    private readonly logs: OutputLogs,
    private readonly paths: SessionPaths,
    private readonly config: Config,
  ) {}

  async open(session: Pick<Session, 'id' | 'vmId'>): Promise<OutputLog> {
    // As much as its guest keeps, and a segment more: there the oldest goes before the newest is full.
    const maxBytes = this.config.values.sessions.outputMib * MIB;
    return this.logs.open(this.paths.output(session), { maxBytes });
  }

  /** How much has come to the host, for the books. */
  async written(session: Pick<Session, 'id' | 'vmId'>): Promise<SessionChanges> {
    const { counts, dropped } = await this.open(session);
    return { stdoutBytes: counts.stdout, stderrBytes: counts.stderr, droppedBytes: dropped };
  }

  /** Nothing more is written for now. */
  async rest(session: Pick<Session, 'id' | 'vmId'>): Promise<void> {
    await this.logs.rest(this.paths.output(session));
  }

  async remove(session: Pick<Session, 'id' | 'vmId'>): Promise<void> {
    await this.logs.remove(this.paths.output(session));
  }

  /** The VM may have sessions from now on. */
  async mark(vmId: string): Promise<void> {
    await this.logs.makeParent(this.paths.parent(vmId));
  }

  async isMarked(vmId: string): Promise<boolean> {
    return this.logs.exists(this.paths.parent(vmId));
  }

  /** The VM is gone, and its files with it. */
  forget(vmId: string): void {
    this.logs.forget(this.paths.parent(vmId));
  }
}
