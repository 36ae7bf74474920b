import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../measure.js';
import type { Figure } from '../measure.js';
import { createVm, execInVm, residentMib } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const VMS = 8;
const MEMORY_MIB = 192;
const RUNS = 3;
/** two looks of src/daemon/idle-memory.ts, which gives back what the start needed */
const SETTLE_MS = 35_000;

/**
 * Memory of a daemon that has taken up running VMs, each with its SSH connection, beside one that has one of them: the
 * first brings the code of SSH and its ciphers along.
 */
export async function runningVms(host: ScratchHost): Promise<Figure> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  const names = Array.from({ length: VMS }, (_, index) => `resident-${index}`);
  for (const name of names) await createVm(client, { name, memoryMib: MEMORY_MIB });
  await client.close();
  const running = await afterRestarts(host, names);
  const [first = '', ...others] = names;
  await host.banger('vm', 'kill', ...others);
  const one = await afterRestarts(host, [first]);
  await host.banger('vm', 'delete', '--force', ...names);
  return {
    name: `memory of the daemon per running VM (${VMS} of them)`,
    unit: 'MiB',
    value: (median(running) - median(one)) / others.length,
    budget: 0.5,
    runs: RUNS,
    samples: { floor: one, product: running },
  };
}

/** `MiB`. A new daemon each time: the heap of one that has created VMs is its past, not its present. */
async function afterRestarts(host: ScratchHost, running: readonly string[]): Promise<number[]> {
  const memory: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await host.banger('daemon', 'stop');
    await host.banger('daemon', 'start');
    const client = await host.client();
    const { pid } = await client.call('system.hello', {});
    for (const name of running) await execInVm(client, host.socketPath, name, ['true']);
    await client.close();
    await delay(SETTLE_MS);
    memory.push(residentMib(pid));
  }
  return memory;
}
