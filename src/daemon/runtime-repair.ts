import { Injectable } from '@nestjs/common';
import { Config } from '../core/config/index.js';
import type { OperationContext } from '../core/operations/index.js';
import { HostDirectories, HostProbe } from '../host/index.js';
import { did } from './repair-step.js';
import { SocketKeeper } from './socket-keeper.js';

/** Makes anew what a cleaner of temporary files has taken away. */
@Injectable()
export class RuntimeRepair {
  constructor(
    private readonly config: Config,
    private readonly directories: HostDirectories,
    private readonly probe: HostProbe,
    private readonly socket: SocketKeeper,
  ) {}

  async run(operation: OperationContext): Promise<void> {
    const { runtimeDirectory } = this.config.values;
    const place = await this.probe.inspectDirectory(this.config.vmRuntimeDirectory('').slice(0, -1));
    if (!place.exists) {
      await this.directories.prepareRoots();
      await did(operation, 'runtime.make', `the runtime directory ${runtimeDirectory} was gone`, 'made anew');
    }
    if (await this.socket.restore())
      await did(operation, 'socket.make', `the socket ${this.config.socketPath} was gone`, 'made anew');
  }
}
