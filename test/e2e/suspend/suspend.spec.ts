import { existsSync, openSync, readSync, writeSync, closeSync, chmodSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { freePort } from '../../support/free-port.js';
import { COUNT } from '../../support/guest-counter.js';
import { TestHost } from '../../support/test-host.js';

/** `ms` that a guest's clock may be off after it was asleep */
const TOLERANCE_MS = 1_000;

describe('a suspended VM', () => {
  let host: TestHost;
  let vm: VmView;
  let port: number;
  beforeAll(async () => {
    host = await TestHost.create();
    port = await freePort();
    const shape = ['--memory', '256m', '--publish', `${port}:8080`];
    vm = await host.json<VmView>(['vm', 'create', '--name', 'web', ...shape]);
    await inside(COUNT);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'web']);
    await host.assertClean();
    await host.close();
  });

  async function inside(script: string): Promise<string> {
    const result = await host.banger(['vm', 'exec', 'web', '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }
  const file = (name: string): string => join(host.stateDirectory, 'vms', vm.id, name);
  const state = async (): Promise<string> => (await host.json<VmView>(['vm', 'show', 'web'])).state;

  it('has no process and no memory, and goes on where it was when it is resumed, used, or reached', async () => {
    const server = `nohup perl -MIO::Socket::INET -e '
      my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
      while (my $c = $s->accept) { print $c "hello\\n"; close $c }' > /dev/null 2>&1 & sleep 1`;
    await inside(server);
    const before = Number(await inside('cat /run/count'));
    expect(await host.json<VmView>(['vm', 'suspend', 'web'])).toMatchObject({ state: 'suspended' });
    expect(await host.machineProcesses()).toEqual([]);
    expect(existsSync(file('memory'))).toBe(true);
    expect(await host.json<VmView>(['vm', 'suspend', 'web']), 'again').toMatchObject({ state: 'suspended' });
    // also by another daemon
    await host.banger(['daemon', 'stop']);
    await delay(1000);
    expect(await host.json<VmView>(['vm', 'resume', 'web'])).toMatchObject({ state: 'running' });
    expect(existsSync(file('memory')), 'it goes on from there once').toBe(false);
    const [count, clock] = (await inside('cat /run/count; date +%s%3N')).split('\n').map(Number);
    expect(count).toBeGreaterThan(before);
    expect(count).toBeLessThan(before + 80);
    expect(Math.abs(Date.now() - (clock ?? 0))).toBeLessThan(TOLERANCE_MS);

    await host.json(['vm', 'suspend', 'web']);
    expect(await inside('hostname'), 'exec wakes it').toBe('web');
    expect(await state()).toBe('running');
    await host.json(['vm', 'suspend', 'web']);
    expect(await hear(port), 'a published port wakes it').toBe('hello\n');
    expect(await state()).toBe('running');
  });

  it('boots, and says so, when its memory was damaged; stopped, it has none', async () => {
    await inside('echo kept > /root/file; sync');
    await host.json(['vm', 'suspend', 'web']);
    flipBit(file('memory'), 4096 * 1000);
    const resumed = await host.banger(['vm', 'resume', 'web']);
    expect(resumed).toMatchObject({ exitCode: 0 });
    expect(resumed.stderr).toMatch(
      /booted, since what it had in memory could not be gone on from: .*memory does not/,
    );
    expect(await inside('cat /root/file; ls /run/count 2>&1; true')).toMatch(/^kept\n.*No such file/);

    await host.json(['vm', 'suspend', 'web']);
    expect(await host.json<VmView>(['vm', 'stop', 'web'])).toMatchObject({ state: 'stopped' });
    expect(existsSync(file('memory'))).toBe(false);
    expect(await host.json<VmView>(['vm', 'start', 'web'])).toMatchObject({ state: 'running' });
    expect(await inside('cat /root/file')).toBe('kept');
  });

  it('stays suspended when something else keeps it from going on, and is not changed', async () => {
    await host.json(['vm', 'suspend', 'web']);
    const refused = await host.banger(['vm', 'set', 'web', '--memory', '128m']);
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('banger vm resume web') });
    const other = ['vm', 'create', '--name', 'other', '--memory', '256m', '--publish', `${port}:80`];
    // its port is still its own
    expect(await host.banger(other)).toMatchObject({ exitCode: 4 });
    expect(await state()).toBe('suspended');
    const operations = await host.json<OperationView[]>(['operation', 'list']);
    expect(operations[0]).toMatchObject({ kind: 'vm.suspend', state: 'succeeded' });
  });
});

/** What comes from a port of the host. */
function hear(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
  });
}

function flipBit(path: string, at: number): void {
  chmodSync(path, 0o600);
  const descriptor = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  writeSync(descriptor, byte, 0, 1, at);
  closeSync(descriptor);
}
