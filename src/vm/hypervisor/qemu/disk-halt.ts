import type { DiskHalt } from '../hypervisor.js';
import type { QmpClient, QmpEvent } from './qmp-client.js';
import { isRecord } from './qmp-protocol.js';

/**
 * QEMU halts a guest whose write the host could not take, before the guest learns of it (`werror=stop`). This keeps
 * what it tells of that; a daemon that comes later asks.
 */
export class DiskHalts {
  #current: DiskHalt | undefined;

  get current(): DiskHalt | undefined {
    return this.#current;
  }

  hear({ name, data }: QmpEvent): void {
    if (name === 'RESUME') this.#current = undefined;
    if (name !== 'BLOCK_IO_ERROR' || !isRecord(data) || data['action'] !== 'stop') return;
    // What halted the guest first is what stands against it; many writes may fail at once.
    this.#current ??= { noSpace: data['nospace'] === true, since: new Date() };
  }

  /** For a VMM whose events nobody has heard. @throws VmmProtocolError */
  async look(qmp: QmpClient): Promise<void> {
    const status = await qmp.execute('query-status');
    if (!isRecord(status) || status['status'] !== 'io-error') return;
    const drives = await qmp.execute('query-block');
    const states = Array.isArray(drives)
      ? drives.map((drive) => (isRecord(drive) ? drive['io-status'] : undefined))
      : [];
    this.#current ??= { noSpace: !states.includes('failed'), since: new Date() };
  }
}
