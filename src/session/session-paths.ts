import { Injectable } from '@nestjs/common';
import { VmPathFinder } from '../vm/index.js';
import type { Session } from './session.types.js';

/** Where the output of sessions is kept on the host: with the VM, and gone with it (docs/state-directory.md). */
@Injectable()
export class SessionPaths {
  constructor(private readonly vms: VmPathFinder) {}

  /** It is there when the VM may have sessions. */
  parent(vmId: string): string {
    return `${this.vms.of(vmId).directory}/sessions`;
  }

  output({ vmId, id }: Pick<Session, 'vmId' | 'id'>): string {
    return `${this.parent(vmId)}/${id}`;
  }
}
