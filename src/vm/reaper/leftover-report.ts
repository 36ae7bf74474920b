import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Leftovers } from './leftovers.js';

/** Tells of leftovers in the log, of each once. Nothing is removed. */
@Injectable()
export class LeftoverReport {
  #told: ReadonlySet<string> = new Set();

  constructor(
    private readonly leftovers: Leftovers,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async tell(): Promise<void> {
    const found = await this.leftovers.scan();
    for (const { kind, key, vmId, sizeBytes, ageMs } of found)
      if (!this.#told.has(`${kind} ${key}`))
        this.logger.warn(
          { kind, key, vm: vmId, sizeBytes, ageMs },
          'nobody accounts for this on the host; it is left alone',
        );
    this.#told = new Set(found.map(({ kind, key }) => `${kind} ${key}`));
  }
}
