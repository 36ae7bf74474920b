import { writeKnownVms, forgetKnownVms } from '../known-vms.js';
import { median, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { sendSignal } from '../../test/support/processes.js';
import { createVm } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const BLOCKS = 6;
const PER_BLOCK = 15;
/** the first requests of a daemon compile as they go */
const WARM_UP = 20;
const HOLD_LIMIT_S = 600;

type Client = Awaited<ReturnType<ScratchHost['client']>>;

/**
 * What others wait for while one VM is held by a change that does not end: its VMM is halted by a signal, and a stop
 * waits for it. Held and free in turn, in blocks. A deletion takes its own VM's lock and writes a whole operation.
 */
export async function locks(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'stop');
  writeKnownVms(host, WARM_UP + BLOCKS * PER_BLOCK * 2 + 1);
  await host.banger('daemon', 'start');
  const client = await host.client();
  const held = await createVm(client, { name: 'held', memoryMib: 256 });
  sendSignal(held.pid, 'SIGSTOP');
  try {
    const measured = new Measured(client);
    await measured.warmUp();
    for (let block = 0; block < BLOCKS; block += 1) {
      await measured.block('free');
      const release = await hold(client, held.id);
      await measured.block('held');
      await release();
    }
    return measured.figures();
  } finally {
    sendSignal(held.pid, 'SIGCONT');
    await client.call('vm.delete', { vm: held.id, force: true });
    await client.close();
    await host.banger('daemon', 'stop');
    forgetKnownVms(host);
    await host.banger('daemon', 'start');
  }
}

/** @returns cancels the stop, which leaves the VM as it was */
async function hold(client: Client, vm: string): Promise<() => Promise<void>> {
  const stopping = client.call('vm.stop', { vm, timeoutSeconds: HOLD_LIMIT_S }).then(
    () => undefined,
    () => undefined,
  );
  for (;;) {
    const running = await client.call('operation.list', { state: 'running' });
    const stop = running.find(({ kind }) => kind === 'vm.stop');
    if (stop === undefined) continue;
    return async () => {
      await client.call('operation.cancel', { operation: stop.id });
      await stopping;
    };
  }
}

class Measured {
  readonly #times = { get: { free: [], held: [] }, delete: { free: [], held: [] } } as Record<
    'get' | 'delete',
    Record<'free' | 'held', number[]>
  >;
  #next = 0;

  constructor(private readonly client: Client) {}

  async warmUp(): Promise<void> {
    for (let run = 0; run < WARM_UP; run += 1) await this.client.call('vm.delete', { vm: this.#name() });
  }

  async block(when: 'free' | 'held'): Promise<void> {
    for (let run = 0; run < PER_BLOCK; run += 1) {
      const vm = this.#name();
      this.#times.get[when].push(await timed(() => this.client.call('vm.get', { vm })));
      this.#times.delete[when].push(await timed(() => this.client.call('vm.delete', { vm })));
    }
  }

  figures(): Figure[] {
    return (['get', 'delete'] as const).map((method) => {
      const { free, held } = this.#times[method];
      return {
        name: `vm.${method} of another VM while one VM is held`,
        unit: 'ms',
        value: median(held),
        floor: median(free),
        floorName: 'none is held',
        budget: 1.25,
        runs: held.length,
        samples: { floor: free, product: held },
      };
    });
  }

  #name(): string {
    const name = `bench-${String(this.#next).padStart(6, '0')}`;
    this.#next += 1;
    return name;
  }
}
