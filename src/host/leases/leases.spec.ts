import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryLedger } from '../../../test/support/fakes/memory-ledger.js';
import { plainConfig } from '../../../test/support/fakes/test-config.js';
import type { Config, Mode } from '../../core/config/index.js';
import { LeaseProbe } from './lease-probe.js';
import type { ListenProblem } from './lease-probe.js';
import { PortLeases } from './port-leases.js';
import { UidLeases } from './uid-leases.js';

class FakeProbe extends LeaseProbe {
  readonly busyPorts = new Set<number>();
  readonly asked: number[] = [];
  listening: ListenProblem | undefined;
  taken: { from: number; to: number }[] = [];

  override async isPortFree(port: number): Promise<boolean> {
    this.asked.push(port);
    return !this.busyPorts.has(port);
  }

  override async listenProblem(): Promise<ListenProblem | undefined> {
    return this.listening;
  }

  override async takenUids(): Promise<{ from: number; to: number }[]> {
    return this.taken;
  }
}

function config(mode: Mode): Config {
  return plainConfig(mode, {
    sshPorts: { from: 22000, to: 22007 },
    vmmUids: { from: 780000, to: 780003 },
  });
}

const OWNER = { type: 'vm', id: 'vm_1' } as const;
const PORTS = [22000, 22001, 22002, 22003, 22004, 22005, 22006, 22007];

describe('leases', () => {
  let ledger: MemoryLedger;
  let probe: FakeProbe;
  beforeEach(() => {
    ledger = new MemoryLedger();
    probe = new FakeProbe();
  });

  it('parallel callers get every port of the range once, then an error', async () => {
    const leases = new PortLeases(config('user'), ledger, probe);
    const ports = await Promise.all(PORTS.map(() => leases.acquire(OWNER)));
    expect(ports.toSorted()).toEqual(PORTS);
    expect(ledger.entries.map(({ key }) => Number(key)).toSorted()).toEqual(PORTS);
    await expect(leases.acquire(OWNER)).rejects.toMatchObject({
      kind: 'HOST_PORT_EXHAUSTED',
      details: { from: 22000, to: 22007 },
    });
  });

  it('a port that somebody listens on is passed over, and can be had when it is free again', async () => {
    for (const port of PORTS.slice(1)) probe.busyPorts.add(port);
    const leases = new PortLeases(config('user'), ledger, probe);
    expect(await leases.acquire(OWNER)).toBe(22000);
    await expect(leases.acquire(OWNER)).rejects.toMatchObject({ kind: 'HOST_PORT_EXHAUSTED' });
    probe.busyPorts.delete(22004);
    expect(await leases.acquire(OWNER)).toBe(22004);
  });

  it('a port that is leased is not even tried', async () => {
    const leases = new PortLeases(config('user'), ledger, probe);
    const first = await leases.acquire(OWNER);
    probe.asked.length = 0;
    for (const port of PORTS) probe.busyPorts.add(port);
    await leases.acquire(OWNER).catch(() => undefined);
    expect(probe.asked.toSorted()).toEqual(PORTS.filter((port) => port !== first));
  });

  it('a cancelled caller gets nothing and leaves nothing', async () => {
    const leases = new PortLeases(config('user'), ledger, probe);
    await expect(leases.acquire(OWNER, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(ledger.entries).toEqual([]);
    expect(PORTS).toContain(await leases.acquire(OWNER));
  });

  it('user ids of users and containers are passed over', async () => {
    probe.taken = [
      { from: 780001, to: 780001 },
      { from: 780003, to: 845538 },
    ];
    const leases = new UidLeases(config('root'), ledger, probe);
    const uids = await Promise.all([leases.acquire(OWNER), leases.acquire(OWNER)]);
    expect(uids.toSorted()).toEqual([780000, 780002]);
    await expect(leases.acquire(OWNER)).rejects.toMatchObject({ kind: 'HOST_UID_EXHAUSTED' });
  });

  it('in user mode there is no user id to lease', async () => {
    expect(await new UidLeases(config('user'), ledger, probe).acquire(OWNER)).toBeUndefined();
    expect(ledger.entries).toEqual([]);
  });
});
