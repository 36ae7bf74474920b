import { Injectable } from '@nestjs/common';
import { ExitActions } from './control/exit-actions.js';
import { Followers } from './follow/followers.js';

/** What becomes of sessions after a daemon's end, whatever ended it. After the VMs; guests are not waited for. */
@Injectable()
export class SessionsAtStart {
  constructor(
    private readonly followers: Followers,
    private readonly exits: ExitActions,
  ) {}

  async run(): Promise<void> {
    await this.followers.reconcile();
    await this.exits.reconcile();
  }
}
