import { setTimeout as delay } from 'node:timers/promises';
import type { RpcClient } from '../../src/core/rpc/client.js';
import { median, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { createVm, execInVm, proportionalMib } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const RUNS = 10;
const AT_ONCE = 30;
const MEMORY_MIB = 512;
const REST_MS = 10_000;

/** Copies of a VM of 512 MiB that runs: how long it stands still, and when a copy, or itself put away, can be used. */
export async function forks(host: ScratchHost): Promise<Figure[]> {
  const client = await host.client();
  const parent = await createVm(client, { name: 'parent', memoryMib: MEMORY_MIB });
  const paused: number[] = [];
  const forked: number[] = [];
  for (let run = 0; run < RUNS; run += 1)
    forked.push(
      await timed(async () => {
        const { pausedMs, copies } = await client.call('vm.fork', { vm: 'parent' });
        paused.push(pausedMs);
        await execInVm(client, host.socketPath, copies[0]?.id ?? '', ['true']);
        await client.call('vm.delete', { vm: copies[0]?.id ?? '', force: true });
      }),
    );
  const away: number[] = [];
  const back: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    away.push(await timed(() => client.call('vm.suspend', { vm: 'parent' })));
    back.push(await timed(() => execInVm(client, host.socketPath, parent.id, ['true'])));
  }
  const figures = [
    ms(`fork of ${MEMORY_MIB} MiB: the parent stands still`, paused, 300),
    ms(`fork of ${MEMORY_MIB} MiB to first exec in the copy, and its deletion`, forked),
    ms(`suspend of ${MEMORY_MIB} MiB`, away),
    ms(`exec in a suspended VM of ${MEMORY_MIB} MiB`, back),
    ...(await many(client)),
  ];
  await client.call('vm.delete', { vm: 'parent', force: true });
  await client.close();
  return figures;
}

async function many(client: RpcClient): Promise<Figure[]> {
  let made: { name: string; pid?: number }[] = [];
  const took = await timed(async () => {
    const { copies, failures } = await client.call('vm.fork', { vm: 'parent', count: AT_ONCE });
    if (failures !== undefined) throw new Error(`${failures.length} copies failed`);
    made = copies;
  });
  await delay(REST_MS);
  const memory = made.map(({ pid = 0 }) => proportionalMib(pid));
  for (const { name } of made) await client.call('vm.delete', { vm: name, force: true });
  return [
    ms(`fork --count ${AT_ONCE}, for each`, [took / AT_ONCE]),
    { name: `memory of a copy, ${AT_ONCE} alive`, unit: 'MiB PSS', value: median(memory), runs: AT_ONCE },
  ];
}

function ms(name: string, samples: readonly number[], budget?: number): Figure {
  return {
    name,
    unit: 'ms',
    value: median(samples),
    runs: samples.length,
    ...(budget !== undefined && { budget }),
  };
}
