import { Injectable } from '@nestjs/common';
import type { SessionView } from '../contract/index.js';
import { Attachments } from './attach/attachments.js';
import { SessionLogs } from './session-logs.js';
import { toSessionView } from './session-view.js';
import { hasEnded } from './session.types.js';
import type { Session } from './session.types.js';

/** Sessions as clients see them: what is written down, and what is known of those that run. */
@Injectable()
export class SessionViews {
  constructor(
    private readonly logs: SessionLogs,
    private readonly attachments: Attachments,
  ) {}

  async of(session: Session): Promise<SessionView> {
    const attached = this.attachments.count(session.id);
    const { stdoutBytes, stderrBytes, droppedBytes } = session;
    if (hasEnded(session))
      return toSessionView(session, { stdoutBytes, stderrBytes, droppedBytes, attached });
    const { counts, dropped } = await this.logs.open(session);
    const { stdout, stderr } = counts;
    return toSessionView(session, {
      stdoutBytes: stdout,
      stderrBytes: stderr,
      droppedBytes: dropped,
      attached,
    });
  }
}
