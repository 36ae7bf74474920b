import { Injectable } from '@nestjs/common';
import type { DoctorReport } from '../../contract/system.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { DaemonProcess } from '../client/daemon-process.js';

/** The doctor's report: from the daemon that runs, or from a process of its own. */
@Injectable()
export class HostCheck {
  constructor(
    private readonly connector: DaemonConnector,
    private readonly daemon: DaemonProcess,
  ) {}

  /** @throws BangerError PROCESS_FAILED when the checks cannot be run at all */
  async report(): Promise<DoctorReport> {
    const client = await this.connector.connectIfRunning();
    if (client === undefined) return await this.daemon.doctor();
    try {
      return await client.call('system.doctor', {});
    } finally {
      await client.close();
    }
  }
}
