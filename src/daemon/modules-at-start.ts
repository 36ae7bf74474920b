import { Injectable } from '@nestjs/common';
import { ImageService } from '../image/index.js';
import { SessionsAtStart } from '../session/index.js';
import { VmsAtStart } from '../vm/index.js';
import type { VmBrief } from '../vm/index.js';

/** What each module makes of the books when a daemon starts, in the order in which one needs the other. */
@Injectable()
export class ModulesAtStart {
  constructor(
    private readonly images: ImageService,
    private readonly vms: VmsAtStart,
    private readonly sessions: SessionsAtStart,
  ) {}

  /** @returns how each VM stood in the books before, and stands now, by its id */
  async run(): Promise<{ before: ReadonlyMap<string, VmBrief>; after: ReadonlyMap<string, VmBrief> }> {
    const before = await this.vms.states();
    await this.vms.run();
    await this.sessions.run();
    const after = await this.vms.states();
    await this.images.reconcile();
    await this.vms.settleTemplates();
    return { before, after };
  }
}
