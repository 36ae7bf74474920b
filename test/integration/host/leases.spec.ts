import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessRunner } from '../../../src/core/process/index.js';
import { PortLeases, UidLeases } from '../../../src/host/index.js';
import { openHost } from './support/host-fixture.js';
import type { HostFixture } from './support/host-fixture.js';

const ONE = { type: 'vm', id: 'vm_1' } as const;
const TWO = { type: 'vm', id: 'vm_2' } as const;

describe('leases and undos with the real ledger', () => {
  let host: HostFixture;
  let listener: Server;
  let held: number;
  beforeEach(async () => {
    listener = createServer();
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    held = (listener.address() as AddressInfo).port;
    host = await openHost({ mode: 'root', sshPorts: { from: held - 1, to: held + 1 } });
  });
  afterEach(async () => {
    listener.close();
    await host.close();
  });

  it('a port that a program listens on is never leased; released ones come back', async () => {
    const ports = host.module.get(PortLeases);
    const leased = await Promise.all([ports.acquire(ONE), ports.acquire(TWO)]);
    expect(leased.toSorted()).toEqual([held - 1, held + 1]);
    await expect(ports.acquire(ONE)).rejects.toMatchObject({ kind: 'HOST_PORT_EXHAUSTED' });
    await host.ledger.releaseOwner(ONE);
    expect(await ports.acquire(TWO)).toBe(leased[0]);
    expect((await host.ledger.list({ kind: 'port' })).map(({ owner }) => owner.id)).toEqual(['vm_2', 'vm_2']);
  });

  it('fifty VMs at once get fifty user ids, none of a user of this host', async () => {
    const uids = host.module.get(UidLeases);
    const leased = await Promise.all(Array.from({ length: 50 }, () => uids.acquire(ONE)));
    expect(new Set(leased).size).toBe(50);
    const users = (await readFile('/etc/passwd', 'utf8'))
      .split('\n')
      .map((line) => Number(line.split(':')[2]));
    expect(leased.filter((uid) => uid === undefined || users.includes(uid))).toEqual([]);
  });

  it('releasing an owner kills its process, recorded or only marked, and no other', async () => {
    const processes = host.module.get(ProcessRunner);
    const start = async (marker: string): ReturnType<ProcessRunner['spawnDetached']> =>
      processes.spawnDetached({
        file: '/bin/sh',
        args: ['-c', 'sleep 300 & wait', marker],
        cwd: '/',
        logPath: `${host.directory}/${marker}.log`,
      });
    const recorded = await host.ledger.make(
      { kind: 'process', key: 'vm_1', owner: ONE, data: { marker: `bgr-test-${process.pid}-1` } },
      async () => {
        const started = await start(`bgr-test-${process.pid}-1`);
        await host.ledger.update('process', 'vm_1', { process: started.identity });
        return started;
      },
    );
    // the daemon died between the start and the record
    const marked = await host.ledger.make(
      { kind: 'process', key: 'vm_2', owner: TWO, data: { marker: `bgr-test-${process.pid}-2` } },
      () => start(`bgr-test-${process.pid}-2`),
    );
    const bystander = await start(`bgr-test-${process.pid}-3`);
    try {
      await host.ledger.releaseOwner(ONE);
      await host.ledger.releaseOwner(TWO);
      const alive = await Promise.all(
        [recorded, marked, bystander].map(({ identity }) => processes.isAlive(identity)),
      );
      expect(alive).toEqual([false, false, true]);
      expect(await host.ledger.list()).toEqual([]);
    } finally {
      for (const { identity } of [recorded, marked, bystander]) endGroup(identity.pid);
    }
  });
});

/** Each detached process leads a group of its own, with a `sleep` in it. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}
