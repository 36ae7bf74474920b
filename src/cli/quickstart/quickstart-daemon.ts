import { Injectable } from '@nestjs/common';
import type { VmView } from '../../contract/vm.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { DaemonProcess } from '../client/daemon-process.js';
import type { RpcClient } from '../client/rpc.js';
import { DaemonStopper } from '../daemon/daemon-stopper.js';
import { QuickstartSteps } from './quickstart-steps.js';

/** The daemon that quickstart works with. */
@Injectable()
export class QuickstartDaemon {
  constructor(
    private readonly connector: DaemonConnector,
    private readonly daemon: DaemonProcess,
    private readonly stopper: DaemonStopper,
    private readonly steps: QuickstartSteps,
  ) {}

  /** A connection to a daemon of the build at hand; one of an older build is replaced unless it is busy. */
  async ready(): Promise<RpcClient> {
    const running = await this.connector.connectIfRunning();
    if (running === undefined) return await this.connector.connect();
    const hello = await running.call('system.hello', {});
    const builtAt = this.daemon.builtAt();
    if (builtAt === undefined || Date.parse(hello.startedAt) >= builtAt) {
      this.steps.say(`it runs already (pid ${hello.pid})`);
      return running;
    }
    const busy = await running.call('operation.list', { state: 'running' });
    if (busy.length > 0) {
      this.steps.say(`it runs an older build, and is busy: left alone (pid ${hello.pid})`);
      return running;
    }
    this.steps.say(`it runs an older build: restarting it (pid ${hello.pid}); VMs go on`);
    await this.stopper.stop(running);
    return await this.connector.connect();
  }
}

/** The name `quickstart`, or one like it when that is taken: someone's VM is never deleted for a demonstration. */
export function freeName(vms: readonly VmView[], wanted: string): string {
  const taken = new Set(vms.map((vm) => vm.name));
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  return name;
}
