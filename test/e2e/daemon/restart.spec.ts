import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { endProcess, sendSignal } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';

describe('a daemon that ends', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  async function killDaemon(): Promise<void> {
    await endProcess(await host.daemonPid(), 'SIGKILL');
  }

  it('by kill -9 leaves its VM running; the next command finds it and works in it', async () => {
    const before = await host.json<VmView>(['vm', 'create', '--name', 'survivor']);
    await host.banger(['vm', 'exec', 'survivor', '--', 'sh', '-c', 'echo still here > /run/proof']);
    await killDaemon();
    expect(existsSync(join(host.runtimeDirectory, 'banger.sock')), 'the dead daemon left its socket').toBe(
      true,
    );

    const [after] = await host.json<VmView[]>(['vm', 'list']);
    expect(after).toMatchObject({ id: before.id, state: 'running', pid: before.pid });
    const proof = await host.banger(['vm', 'exec', 'survivor', '--', 'cat', '/run/proof']);
    expect(proof).toMatchObject({ exitCode: 0, stdout: 'still here\n' });

    expect(await host.json<VmView>(['vm', 'stop', 'survivor']), 'an adopted VM stops cleanly').toMatchObject({
      state: 'stopped',
    });
    expect(await host.banger(['vm', 'delete', 'survivor'])).toMatchObject({ exitCode: 0 });
  });

  it('by a stop has written all that lost books are made anew from', async () => {
    const { id } = await host.json<VmView>(['vm', 'create', '--name', 'brief']);
    await host.banger(['daemon', 'stop']);
    const record = readFileSync(join(host.stateDirectory, 'vms', id, 'vm.json'), 'utf8');
    await host.banger(['vm', 'delete', '--force', 'brief']);
    expect(JSON.parse(record)).toMatchObject({ vm: { id, name: 'brief' } });
  });

  it('notices a VM that ended meanwhile, and says so', async () => {
    const { pid } = await host.json<VmView>(['vm', 'create', '--name', 'lost']);
    await killDaemon();
    sendSignal(pid, 'SIGKILL');
    await delay(200);
    const vm = await host.json<VmView>(['vm', 'show', 'lost']);
    expect(vm.state).toBe('failed');
    expect(vm.error?.message).toMatch(/while no daemon was running/);
    await host.banger(['vm', 'delete', 'lost']);
  });

  it('in the middle of a creation undoes it at its next start', async () => {
    const adopted = ['creating the disk', 'starting the machine', 'giving it its identity', 'connecting'];
    for (const step of [...adopted, 'booting']) {
      const create = ['vm', 'create', '--name', 'half', ...(step === 'booting' ? ['--cold'] : [])];
      const child = host.spawn(create, { stdio: ['ignore', 'ignore', 'pipe'] });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await new Promise<void>((resolve) => {
        let text = '';
        child.stderr?.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes(step)) resolve();
        });
        child.once('close', () => resolve());
      });
      await killDaemon();
      await ended;
      expect(child.exitCode, `the client of a daemon killed while ${step}`).toBe(7);
      expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
      await host.assertClean();
      const [operation] = await host.json<OperationView[]>(['operation', 'list']);
      expect(operation).toMatchObject({
        state: 'failed',
        error: { data: { kind: 'OPERATION_INTERRUPTED' } },
      });
    }
  });

  it('is followed by one alone, however many commands start the next', async () => {
    await host.json(['vm', 'list']);
    const second = await host.banger(['daemon', 'start']);
    expect(second, 'starting a running daemon is success').toMatchObject({ exitCode: 0 });
    const { stopped, started } = {
      stopped: await host.banger(['daemon', 'stop']),
      started: await Promise.all([0, 1, 2].map(() => host.banger(['vm', 'list']))),
    };
    expect([stopped, ...started].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    const pids = await Promise.all([0, 1].map(() => host.daemonPid()));
    expect(pids[0]).toBe(pids[1]);
  });
});
