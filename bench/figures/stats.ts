import { forgetKnownVms, writeKnownVms } from '../known-vms.js';
import type { Figure } from '../measure.js';
import { watchDaemon } from './daemon.js';
import type { ScratchHost } from '../scratch-host.js';
import { StandInVmms } from '../stand-in-vmms.js';

const VMS = 100;
/**
 * What it costs the daemon that 100 VMs run and are sampled: its CPU time and memory beyond those of a daemon that
 * knows as many stopped ones.
 */
export async function statsOfHundred(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'stop');
  writeKnownVms(host, VMS);
  const idle = await watchDaemon(host);
  await host.banger('daemon', 'stop');
  const vmms = new StandInVmms();
  try {
    await vmms.start(host, VMS);
    const busy = await watchDaemon(host);
    await checkSampled(host);
    await host.banger('daemon', 'stop');
    return [
      {
        name: `${VMS} VMs run: their statistics`,
        unit: '% of a core',
        value: busy.percent - idle.percent,
        budget: 1,
        runs: 1,
      },
      {
        name: `${VMS} VMs run: memory of the daemon for each`,
        unit: 'MiB',
        value: (busy.mib - idle.mib) / VMS,
        budget: 0.5,
        runs: 1,
      },
    ];
  } finally {
    await vmms.stop();
    forgetKnownVms(host);
  }
}

/** A daemon that took none of them up would be cheap. */
async function checkSampled(host: ScratchHost): Promise<void> {
  const client = await host.client();
  const views = await client.call('vm.stats', {});
  await client.close();
  const sampled = views.filter(
    ({ cpu, disk, memory, network }) =>
      cpu !== undefined &&
      disk?.readBytes !== undefined &&
      memory?.guestUsedBytes !== undefined &&
      network !== undefined,
  );
  if (sampled.length !== VMS) throw new Error(`only ${sampled.length} of ${VMS} VMs were sampled`);
}
