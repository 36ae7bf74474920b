import { Injectable } from '@nestjs/common';
import type { StopView } from '../../contract/system.dto.js';
import { TimeoutError } from '../../core/errors/index.js';
import { DaemonProcess } from '../client/daemon-process.js';
import type { RpcClient } from '../client/rpc.js';

const STOP_LIMIT_MS = 30_000;
const POLL_MS = 20;

/** Ends the daemon and waits until its process is gone; the VMs go on. */
@Injectable()
export class DaemonStopper {
  constructor(private readonly daemon: DaemonProcess) {}

  /** Uses the connection up. @throws TimeoutError */
  async stop(client: RpcClient): Promise<StopView> {
    const stopped = await client.call('system.stop', {});
    await client.close();
    const deadline = performance.now() + STOP_LIMIT_MS;
    while (this.daemon.isAlive(stopped.pid)) {
      if (performance.now() > deadline) {
        throw new TimeoutError('stopping the daemon', STOP_LIMIT_MS, {
          fix: 'read its log: banger daemon logs',
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return stopped;
  }
}
