import { Injectable } from '@nestjs/common';
import { DaemonConnector } from '../client/daemon-connector.js';
import { OperationFollower } from './operation-follower.js';
import type { FollowedClient } from './operation-follower.js';

/** One call of the daemon's whose operations are shown while it lasts, and cancelled by Ctrl-C. */
@Injectable()
export class FollowedCall {
  constructor(
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
  ) {}

  /** @param name of what it is about @throws BangerError */
  async run<T>(name: string, perform: (client: FollowedClient) => Promise<T>): Promise<T> {
    const outcomes = await this.connector.with((client) =>
      this.follower.each(client, [name], (followed) => perform(followed)),
    );
    const [value] = outcomes.map((outcome) => {
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    });
    return value as T;
  }
}
