import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Jobs } from '../core/jobs/index.js';
import { LOGGER } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import { JsonRpcServer } from '../core/rpc/index.js';
import { HostDirectories } from '../host/index.js';

/** `ms`; one lstat each time */
const LOOK_EVERY_MS = 2_000;

/**
 * Makes the daemon's socket anew when its file has been taken away, by `rm -rf` of the runtime directory or a cleaner of
 * temporary files: nobody could reach the daemon any more, and no other may start in its place.
 */
@Injectable()
export class SocketKeeper {
  readonly #round: () => Promise<void>;

  constructor(
    private readonly server: JsonRpcServer,
    private readonly directories: HostDirectories,
    jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#round = jobs.define('socket', async () => void (await this.restore()));
  }

  @Interval(LOOK_EVERY_MS)
  look(): Promise<void> {
    return this.#round();
  }

  /** @returns whether it had been lost */
  async restore(): Promise<boolean> {
    if (!this.server.isListening || this.server.isReachable()) return false;
    await this.directories.prepareRoots();
    await this.server.listenAgain();
    this.logger.warn('the socket was gone and has been made anew');
    return true;
  }
}
