import { Injectable } from '@nestjs/common';
import { Config } from '../../../core/config/index.js';
import { MAX_SOCKET_PATH_BYTES } from '../../../core/errors/index.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';

/** a VM's id and the longest name of a socket in its directory: `agent.sock` and the like */
const ID_AND_SOCKET = 36 + '/'.length + 24;

@Injectable()
export class SocketPathCheck extends DoctorCheck {
  readonly id = 'socket-path';
  readonly title = 'length of socket paths';

  constructor(private readonly config: Config) {
    super();
  }

  override run(): Promise<DoctorFinding> {
    const longest = Buffer.byteLength(this.config.vmRuntimeDirectory('')) + ID_AND_SOCKET;
    const detail = `up to ${longest} of ${MAX_SOCKET_PATH_BYTES} bytes`;
    if (longest <= MAX_SOCKET_PATH_BYTES) return Promise.resolve({ status: 'ok', detail });
    return Promise.resolve({
      status: 'fail',
      detail: `${detail}: sockets below ${this.config.values.runtimeDirectory} could not be made`,
      fix: 'set a shorter directory with BANGER_RUNTIME_DIR',
    });
  }
}
