import { setTimeout as delay } from 'node:timers/promises';
import { timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { cpuMs, residentMib } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

/** until the daemon has taken up all VMs, compiled what it runs and given back what its start needed */
const SETTLE_MS = 40_000;
const WATCH_MS = 60_000;

/** What a daemon that knows 100 VMs costs while nothing happens. */
export async function idleDaemon(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'stop');
  const { mib, percent } = await watchDaemon(host);
  return [
    {
      name: 'daemon, idle, 100 VMs known: memory',
      unit: 'MiB',
      value: mib,
      budget: 120,
      runs: 1,
    },
    { name: 'daemon, idle, 100 VMs known: CPU', unit: '% of a core', value: percent, budget: 0.5, runs: 1 },
  ];
}

/** From the start of the daemon's process to its first answer, with 100 VMs in the database. */
export async function restart(host: ScratchHost): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    await host.banger('daemon', 'stop');
    times.push(await timed(() => host.banger('daemon', 'start')));
  }
  return {
    name: 'restart with 100 VMs known, to answering (with the CLI that starts it)',
    unit: 'ms',
    value: times.toSorted((a, b) => a - b)[2] ?? Number.NaN,
    budget: 1000,
    runs: times.length,
    samples: { product: times },
  };
}

/** A new daemon while nobody asks anything of it. */
export async function watchDaemon(host: ScratchHost): Promise<{ percent: number; mib: number }> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  const { pid } = await client.call('system.hello', {});
  await client.call('vm.list', {});
  await client.close();
  await delay(SETTLE_MS);
  const before = cpuMs(pid);
  await delay(WATCH_MS);
  return { percent: ((cpuMs(pid) - before) / WATCH_MS) * 100, mib: residentMib(pid) };
}
