import { Injectable } from '@nestjs/common';
import { Followers } from './follow/followers.js';
import { SessionRepository } from './session.repository.js';
import type { Session } from './session.types.js';

/** Finds sessions, those of VMs too that have just been taken up: after they have told which they have. */
@Injectable()
export class SessionFinder {
  constructor(
    private readonly followers: Followers,
    private readonly sessions: SessionRepository,
  ) {}

  /** By id, name, `VM/NAME`, or a prefix of an id. @throws SessionNotFoundError, SessionAmbiguousError */
  async require(ref: string): Promise<Session> {
    await this.followers.settled();
    return this.sessions.require(ref);
  }

  /** Of one VM, or all; oldest first. */
  async list(vmId: string | undefined): Promise<Session[]> {
    await this.followers.settled(vmId);
    return this.sessions.list(vmId);
  }
}
