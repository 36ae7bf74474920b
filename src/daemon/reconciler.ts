import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Jobs } from '../core/jobs/index.js';
import { LOGGER } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import { OperationRunner } from '../core/operations/index.js';
import { HostDirectories } from '../host/index.js';
import { ImageService } from '../image/index.js';
import { VmReconciler } from '../vm/index.js';

/** What happens between the start of a daemon and its first answer: the books and the machine agree again. Nest listens after it. */
@Injectable()
export class Reconciler implements OnApplicationBootstrap {
  constructor(
    private readonly directories: HostDirectories,
    private readonly operations: OperationRunner,
    private readonly images: ImageService,
    private readonly vms: VmReconciler,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.directories.prepareRoots();
    const interrupted = await this.operations.markInterrupted();
    for (const { id, kind } of interrupted)
      this.logger.warn({ operation: id, kind }, 'operation was interrupted');
    await this.vms.run();
    await this.images.reconcile();
    this.jobs.begin();
  }
}
