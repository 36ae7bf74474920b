import { connect } from 'node:net';
import { median, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import type { ScratchHost } from '../scratch-host.js';

const REQUESTS = 30_000;
const RUNS = 5;
const WARM_UP = 20;

/** Requests written in one go on one connection, until the last answer is there. */
export async function pipelinedHello(host: ScratchHost): Promise<Figure> {
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const ms = await timed(() => pipeline(host.socketPath));
    rates.push((REQUESTS / ms) * 1000);
  }
  return {
    name: 'system.hello, pipelined on one connection',
    unit: '/s',
    value: median(rates),
    budget: 15_000,
    atLeast: true,
    runs: RUNS,
    samples: { product: rates },
  };
}

async function pipeline(socketPath: string): Promise<void> {
  const socket = connect(socketPath);
  let answers = 0;
  const done = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) answers += 1;
      if (answers === REQUESTS) resolve();
    });
    socket.once('error', reject);
    socket.once('close', () =>
      reject(new Error(`the daemon closed the connection after ${answers} answers`)),
    );
  });
  const lines = Array.from(
    { length: REQUESTS },
    (_, id) => `${JSON.stringify({ jsonrpc: '2.0', id, method: 'system.hello', params: {} })}\n`,
  );
  socket.write(lines.join(''));
  await done;
  socket.removeAllListeners('close');
  socket.destroy();
}

/** `vm.list` with 1,000 VMs in the database. */
export async function listThousand(host: ScratchHost): Promise<Figure> {
  const client = await host.client();
  const times: number[] = [];
  // A daemon that has just started compiles as it goes; the budget is for one that serves.
  for (let run = 0; run < WARM_UP; run += 1) await client.call('vm.list', {});
  for (let run = 0; run < 30; run += 1) times.push(await timed(() => client.call('vm.list', {})));
  await client.close();
  return {
    name: 'vm.list of 1,000 VMs over the socket',
    unit: 'ms',
    value: median(times),
    budget: 15,
    runs: times.length,
    samples: { product: times },
  };
}
