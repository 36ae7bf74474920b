import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { GuestAccess } from '../../vm/index.js';
import { GuestSessions } from '../guest/guest-sessions.js';
import { SessionBook } from '../session-book.js';
import { SessionLogs } from '../session-logs.js';
import { SessionRepository } from '../session.repository.js';

/** What following the sessions of any VM takes. */
@Injectable()
export class FollowerParts {
  constructor(
    readonly access: GuestAccess,
    readonly guest: GuestSessions,
    readonly book: SessionBook,
    readonly logs: SessionLogs,
    readonly sessions: SessionRepository,
    @Inject(LOGGER) readonly logger: Logger,
  ) {}
}
