import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/operation.dto.js';
import { isKind } from '../../core/errors/index.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { DaemonProcess } from '../client/daemon-process.js';
import type { ThingDone } from '../client/daemon-process.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';

/** `banger doctor --fix`: what keeps a daemon from starting first, the rest by the daemon. */
@Injectable()
export class HostRepair {
  constructor(
    private readonly connector: DaemonConnector,
    private readonly daemon: DaemonProcess,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {}

  /** @throws BangerError when no daemon can be had in spite of all; it says why */
  async run(): Promise<ThingDone[]> {
    const running = await this.connector.connectIfRunning();
    const before = running === undefined ? await this.offline() : [];
    const client = running ?? (await this.connector.connect());
    try {
      const operation = await this.follower.run(client, () => client.call('system.repair.begin', {}));
      return [...before, ...thingsDone(operation)];
    } finally {
      await client.close();
    }
  }

  private async offline(): Promise<ThingDone[]> {
    try {
      return await this.daemon.repair();
    } catch (error) {
      if (!isKind(error, 'DAEMON_ALREADY_RUNNING')) throw error;
      this.presenter.note('a daemon runs, and its socket is gone: waiting until it has made it anew');
      return [{ what: `the socket ${this.connector.socketPath} was gone`, done: 'made anew by the daemon' }];
    }
  }
}

/** Each step that has a result is one thing done. */
function thingsDone({ steps }: OperationView): ThingDone[] {
  return steps
    .filter(({ state, detail }) => state === 'done' && detail !== undefined)
    .map(({ title, detail = '' }) => ({ what: title, done: detail }));
}
