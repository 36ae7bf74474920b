import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { KeyedQueue } from '../../core/concurrency/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { Session } from '../session.types.js';

const LIMIT_MS = 60_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Tells of the end of sessions by a program of the host's that its owner has configured. */
@Injectable()
export class ExitNotices {
  /** by VM: a guest says how many of its sessions end, and when */
  readonly #queue = new KeyedQueue();

  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
  ) {}

  /** Nothing when none is configured any more. @throws ProcessFailedError, TimeoutError */
  async run(session: Session): Promise<void> {
    await this.#queue.run(session.vmId, () => this.#run(session));
  }

  async #run({ id, name = '', vmName, state, exitCode }: Session): Promise<void> {
    const [file, ...args] = this.config.values.sessions.notifyCommand;
    if (file === undefined) return;
    await this.processes.run({
      file,
      args,
      timeoutMs: LIMIT_MS,
      env: {
        PATH,
        BANGER_SESSION: id,
        BANGER_SESSION_NAME: name,
        BANGER_VM: vmName,
        BANGER_STATE: state,
        BANGER_EXIT_CODE: exitCode === undefined ? '' : String(exitCode),
      },
    });
  }
}
