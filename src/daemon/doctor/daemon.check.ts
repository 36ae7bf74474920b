import { Injectable, Optional } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { BookReader } from '../../core/database/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import { DoctorCheck } from '../../host/index.js';
import type { DoctorFinding } from '../../host/index.js';
import { DaemonFiles } from './daemon-files.adapter.js';

/** Above it `bytes` of log are worth a word: a daemon that repeats itself would fill the disk. */
const LARGE_LOG = 256 * 1024 * 1024;

/** Whether a daemon runs, can be reached, and could start. */
@Injectable()
export class DaemonCheck extends DoctorCheck {
  readonly id = 'daemon';
  readonly title = 'daemon';

  constructor(
    private readonly config: Config,
    private readonly books: BookReader,
    private readonly files: DaemonFiles,
    @Optional() private readonly operations?: OperationRunner,
  ) {
    super();
  }

  override run(): Promise<DoctorFinding> {
    return Promise.resolve(this.books.isHeld() ? this.#running() : this.#resting());
  }

  #running(): DoctorFinding {
    // The daemon itself asks: it has operations. The file with its pid may be empty, as on a full disk.
    if (this.operations === undefined) return this.#unreachable(this.files.pid());
    if (!this.files.hasSocket())
      return {
        status: 'fail',
        detail: `its socket ${this.config.socketPath} is gone: no further command can reach it`,
        fix: 'nothing: it makes the socket anew within seconds',
      };
    return this.#log({ status: 'ok', detail: `runs (pid ${process.pid}) and can be reached` });
  }

  /** Another process holds the state directory, and whoever asks for this report could not reach it. */
  #unreachable(pid: number | undefined): DoctorFinding {
    const who = pid === undefined ? 'a daemon' : `a daemon (pid ${pid})`;
    const { socketPath } = this.config;
    if (!this.files.hasSocket())
      return {
        status: 'fail',
        detail: `${who} runs, but its socket ${socketPath} is gone`,
        fix: `wait: it makes the socket anew within seconds; should it not, end it (kill ${pid ?? 'PID'}), VMs go on`,
      };
    return {
      status: 'fail',
      detail: `${who} runs, but does not answer on ${socketPath}`,
      fix: `end it (kill ${pid ?? 'PID'}; VMs go on) and repeat the command, which starts another`,
    };
  }

  #resting(): DoctorFinding {
    const failure = this.files.lastStartFailure();
    if (failure !== undefined)
      return {
        status: 'warn',
        detail: `does not run, and could not start the last time: ${failure.message}`,
        fix: failure.fix ?? 'see its log: banger daemon logs',
      };
    return this.#log({ status: 'ok', detail: 'does not run; the next command that needs it starts it' });
  }

  #log(finding: DoctorFinding): DoctorFinding {
    const bytes = this.files.logBytes();
    if (bytes < LARGE_LOG) return finding;
    const mib = Math.floor(bytes / 1024 / 1024);
    const fix = `look at what repeats (banger daemon logs), then empty it: truncate -s 0 ${this.config.logPath}`;
    return { status: 'warn', detail: `${finding.detail}; its log has grown to ${mib} MiB`, fix };
  }
}
