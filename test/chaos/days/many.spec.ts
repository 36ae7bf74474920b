import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OperationEvent, OperationView } from '../../../src/contract/index.js';
import { RpcClient } from '../../../src/core/rpc/client.js';
import { TestHost } from '../../support/test-host.js';
import { expectNoDeviation, rounds, succeed } from './support.js';

const AT_ONCE = rounds(4, 20);
/** `MiB`: there is a template of it */
const MEMORY_MIB = 256;
/** Rounds after which a daemon has all that it keeps for good: compiled code, prepared statements, its pools. */
const WARM_UP = 4;
/** V8's heap comes and goes by a few MiB; 100 rounds that kept 0.3 MiB each would show. */
const GROWTH_MIB = 24;

let host: TestHost;
let client: RpcClient;
beforeAll(async () => {
  host = await TestHost.create();
  await succeed(host, 'daemon', 'start');
  client = await RpcClient.connect({ socketPath: join(host.runtimeDirectory, 'banger.sock') });
});
afterAll(async () => {
  await client.close();
  await host.assertClean();
  await host.close();
});

/** Creates a VM, or cancels that after the machine was started. @returns how the operation ended */
async function create(name: string, cancel: boolean, cold = false): Promise<OperationView> {
  const begun = await client.call('vm.create.begin', { name, memoryMib: MEMORY_MIB, cold });
  let asked: Promise<unknown> | undefined;
  const onValue = (event: OperationEvent): void => {
    if (!cancel || !('step' in event) || !/^guest\.(?:boot|adopt)$/.test(event.step.name)) return;
    asked ??= client.call('operation.cancel', { operation: begun.id });
  };
  const ended = await client.stream('operation.watch', { operation: begun.id }, { onValue });
  await asked;
  return ended;
}

it(`${AT_ONCE} VMs created at once, every second one cancelled, share nothing and leave nothing`, async () => {
  const names = Array.from({ length: AT_ONCE }, (_, index) => `many-${index}`);
  const ended = await Promise.all(names.map((name, index) => create(name, index % 2 === 1)));
  expect(ended.map(({ state, error }) => [state, error?.message])).toEqual(
    names.map((name, index) =>
      index % 2 === 1 ? ['cancelled', `vm.create of ${name} was cancelled`] : ['succeeded', undefined],
    ),
  );
  const vms = await client.call('vm.list', {});
  expect(vms.map(({ name }) => name).toSorted()).toEqual(
    names.filter((_, index) => index % 2 === 0).toSorted(),
  );
  const rows = host.rows<{ sshPort: number; uid: number | null; mac: string; machineId: string }>(
    'SELECT * FROM Vm',
  );
  for (const key of ['sshPort', 'mac', 'machineId'] as const)
    expect(new Set(rows.map((row) => row[key])).size, key).toBe(vms.length);
  const uids = rows.map(({ uid }) => uid).filter((uid) => uid !== null);
  expect(new Set(uids).size, 'user ids').toBe(uids.length);
  await expectNoDeviation(host);
  await Promise.all(vms.map(({ id }) => client.call('vm.delete', { vm: id, force: true })));
  await host.assertClean();
});

it('creations and deletions, round after round, make nothing of the daemon grow', async () => {
  const pid = await host.daemonPid();
  for (let round = 0; round < WARM_UP; round += 1) await oneRound(`warm-${round}`);
  const before = await settled(pid);
  const count = rounds(8, 100);
  for (let round = 0; round < count; round += 1) await oneRound(`round-${round}`);
  const after = await settled(pid);
  const told = ({ descriptors, rows, residentMib }: Footprint): string =>
    JSON.stringify({ descriptors, ...rows, residentMib });
  console.log(`${count} rounds: ${told(before)} then ${told(after)}`);
  expect(after).toMatchObject({
    descriptors: before.descriptors,
    files: before.files,
    rows: before.rows,
    children: before.children,
  });
  expect(after.residentMib - before.residentMib).toBeLessThan(GROWTH_MIB);
});

/** Stopped in the middle of its boot: everything on the host is made, and taken away again. */
async function oneRound(name: string): Promise<void> {
  const { state } = await create(name, true, true);
  expect(state).toBe('cancelled');
}

interface Footprint {
  readonly descriptors: number;
  readonly files: string[];
  readonly rows: Record<string, number>;
  readonly children: number;
  readonly residentMib: number;
}

/** When nothing has changed for a while, or after ten seconds. */
async function settled(pid: number): Promise<Footprint> {
  let last = footprint(pid);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await delay(500);
    const now = footprint(pid);
    if (now.descriptors === last.descriptors && now.children === last.children) return now;
    last = now;
  }
  return last;
}

function footprint(pid: number): Footprint {
  const count = (table: string): number =>
    host.rows<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)[0]?.count ?? Number.NaN;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    files: readdirSync(host.stateDirectory, { recursive: true, encoding: 'utf8' }).toSorted(),
    rows: { Vm: count('Vm'), LedgerEntry: count('LedgerEntry'), Image: count('Image') },
    children: readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length,
    residentMib: Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024),
  };
}
