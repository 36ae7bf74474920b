import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { checkDisk } from '../../support/vm-disks.js';
import { sendSignal } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';

describe('the power of a VM', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(async () => {
    for (const { name } of await host.json<VmView[]>(['vm', 'list']))
      await host.banger(['vm', 'delete', '--force', name]);
    await host.assertClean();
  });
  afterAll(() => host.close());

  async function state(name: string): Promise<string> {
    return (await host.json<VmView>(['vm', 'show', name])).state;
  }

  async function runningOperation(kind: string): Promise<OperationView | undefined> {
    const running = await host.json<OperationView[]>(['operation', 'list', '--state', 'running']);
    return running.find((operation) => operation.kind === kind);
  }

  it('goes off and on again in one change: disk, name, port and host key stay, and the file system is clean', async () => {
    const before = await host.json<VmView>(['vm', 'create', '--name', 'web']);
    const script =
      'cat /etc/ssh/ssh_host_ed25519_key.pub; cat /root/file 2>&1; cat /proc/sys/kernel/random/boot_id';
    const inside = async (): Promise<string[]> =>
      (await host.banger(['vm', 'exec', 'web', '--', 'sh', '-c', script])).stdout.trim().split('\n');
    await host.banger(['vm', 'exec', 'web', '--', 'sh', '-c', 'echo kept > /root/file']);
    const [key, file, boot] = await inside();

    const after = await host.json<VmView>(['vm', 'restart', 'web']);
    expect(after).toMatchObject({ id: before.id, name: 'web', state: 'running', sshPort: before.sshPort });
    expect(after.pid).not.toBe(before.pid);
    const [keyAfter, fileAfter, bootAfter] = await inside();
    expect([keyAfter, fileAfter]).toEqual([key, file]);
    expect(bootAfter).not.toBe(boot);
    const [operation] = await host.json<OperationView[]>(['operation', 'list']);
    expect(operation).toMatchObject({ kind: 'vm.restart', state: 'succeeded', warnings: [] });

    const stopped = await host.json<VmView>(['vm', 'stop', 'web']);
    expect(stopped.state).toBe('stopped');
    const checked = await checkDisk(host, stopped);
    expect(checked).toMatch(/clean|[0-9]+\/[0-9]+ files/);
    expect(checked).not.toMatch(/status|recover/i);
    expect(await host.json<VmView>(['vm', 'restart', 'web']), 'a stopped one starts').toMatchObject({
      state: 'running',
    });
  });

  // A stopped VMM answers nothing: the stop used to fail with the monitor's timeout, and the VM stayed `stopping`.
  it('goes off although the hypervisor hangs: by stop in the time given, by kill and by force at once', async () => {
    const { pid } = await host.json<VmView>(['vm', 'create', '--name', 'hung']);
    sendSignal(pid, 'SIGSTOP');
    const stopped = await host.banger(['vm', 'stop', '--timeout', '2', 'hung']);
    expect(stopped).toMatchObject({ exitCode: 0, stdout: 'hung\n' });
    expect(await state('hung')).toBe('stopped');

    const again = await host.json<VmView>(['vm', 'start', 'hung']);
    sendSignal(again.pid, 'SIGSTOP');
    expect(await host.json<VmView>(['vm', 'kill', 'hung'])).toMatchObject({ state: 'stopped' });

    const last = await host.json<VmView>(['vm', 'create', '--name', 'last']);
    sendSignal(last.pid, 'SIGSTOP');
    const stopping = host.banger(['vm', 'stop', '--timeout', '600', 'last']);
    await expect.poll(() => runningOperation('vm.stop'), { timeout: 30_000 }).toBeDefined();
    expect(await host.banger(['vm', 'delete', '--force', 'last'])).toMatchObject({ exitCode: 0 });
    expect((await stopping).exitCode).not.toBe(0);
  });

  // A cancelled stop used to leave the VM `stopping` for ever: it could be neither stopped, killed nor deleted.
  it('stays on when its stop is cancelled, and what happens then is told truly', async () => {
    const { pid } = await host.json<VmView>(['vm', 'create', '--name', 'calm']);
    sendSignal(pid, 'SIGSTOP');
    const stopping = host.banger(['vm', 'stop', '--timeout', '600', 'calm']);
    await expect.poll(() => runningOperation('vm.stop'), { timeout: 30_000 }).toBeDefined();
    const operation = await runningOperation('vm.stop');
    expect(await host.banger(['operation', 'cancel', operation?.id ?? ''])).toMatchObject({ exitCode: 0 });
    expect((await stopping).exitCode).toBe(130);
    expect(await state('calm')).toBe('running');
    sendSignal(pid, 'SIGCONT');
    // It was asked to go down, and now it can.
    await expect.poll(() => state('calm'), { timeout: 60_000 }).toBe('stopped');
  });

  it('is taken from a VM that is about to start; one being created is deleted by force', async () => {
    await host.json(['vm', 'create', '--name', 'early']);
    await host.json(['vm', 'kill', 'early']);
    const starting = host.banger(['vm', 'start', 'early']);
    await expect.poll(() => state('early'), { timeout: 30_000 }).toBe('starting');
    expect(await host.banger(['vm', 'ssh', 'early'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/is starting; this needs it to be running[\s\S]*banger vm kill early/),
    });
    expect(await host.json<VmView>(['vm', 'kill', 'early'])).toMatchObject({ state: 'stopped' });
    expect((await starting).exitCode).toBe(130);

    const creating = host.banger(['vm', 'create', '--name', 'unborn']);
    await expect.poll(() => runningOperation('vm.create'), { timeout: 30_000 }).toBeDefined();
    expect(await host.banger(['vm', 'delete', 'unborn'])).toMatchObject({ exitCode: 4 });
    expect(await host.banger(['vm', 'delete', '--force', 'unborn'])).toMatchObject({ exitCode: 0 });
    expect((await creating).exitCode).toBe(130);
  });
});
