import { readFile, readlink, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HypervisorHarness, ROOT, VMM_UID } from './hypervisor-harness.js';

let harness: HypervisorHarness;

beforeEach(async () => {
  harness = await HypervisorHarness.open();
});

afterEach(async () => {
  await harness.close();
});

describe('probe', () => {
  it('finds version and accelerator in under two seconds, and tells why not KVM', async () => {
    const started = performance.now();
    const probe = await harness.hypervisor.probe();
    expect(performance.now() - started).toBeLessThan(2_500);
    expect(probe).toMatchObject({ available: true, binary: 'qemu-system-x86_64' });
    expect(probe.version).toMatch(/^\d+\.\d+/);
    expect(['kvm', 'tcg']).toContain(probe.accelerator);
    if (probe.accelerator === 'tcg') expect(probe.reason).toMatch(/kvm/i);
    const again = performance.now();
    expect(await harness.hypervisor.probe()).toEqual(probe);
    expect(performance.now() - again).toBeLessThan(50);
  });
});

describe('the VMM process', () => {
  it('runs as its own user, in the sandbox, listens on loopback alone, and is killed', async () => {
    const machine = await harness.launch(await harness.deadMachine());
    const { pid } = machine.record.process;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
    expect([field('Seccomp'), field('NoNewPrivs')]).toEqual(['2', '1']);
    if (ROOT) {
      expect([field('Uid'), field('Gid')?.split('\t')[0], field('CapEff')]).toEqual([
        `${VMM_UID}\t${VMM_UID}\t${VMM_UID}\t${VMM_UID}`,
        String(VMM_UID),
        '0000000000000000',
      ]);
    }
    expect(await readlink(`/proc/${pid}/cwd`)).toBe('/');
    expect(await harness.processes()).toEqual([machine.record.process]);
    const exited = machine.exited;
    await machine.kill();
    expect(await exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await machine.kill();
  });

  it('settles exited when it is killed from outside, also when adopted', async () => {
    const machine = await harness.launch(await harness.deadMachine());
    machine.detach();
    const adopted = await harness.hypervisor.adopt(machine.record);
    process.kill(machine.record.process.pid, 'SIGKILL');
    expect(await adopted?.exited).toEqual({ exitCode: null, signal: null });
    expect(await machine.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await expect(adopted?.agent.waitReady({ signal: AbortSignal.timeout(1000) })).rejects.toMatchObject({
      kind: 'VM_GUEST_UNREACHABLE',
    });
  });

  // Its exit status is that of a guest that powered itself off: a host that shuts down would stop its VMs for good.
  it('tells that it was ended by SIGTERM', async () => {
    const machine = await harness.launch(await harness.deadMachine());
    process.kill(machine.record.process.pid, 'SIGTERM');
    expect(await machine.exited).toEqual({ exitCode: 0, signal: null, by: 'host' });
  });

  it('keeps the last words of a panicking guest', async () => {
    const machine = await harness.launch(
      await harness.deadMachine({
        bootArguments: ['rdinit=/nonexistent', 'init=/nonexistent', 'root=/dev/ram7'],
      }),
    );
    expect(await machine.exited).toEqual({ exitCode: 0, signal: null, by: 'guest-reset' });
    expect(await readFile(machine.record.consolePath, 'utf8')).toContain('Kernel panic');
  });

  it('tells a taken port from other failures', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const taken = await harness.deadMachine();
    const nic = {
      type: 'user',
      mac: '52:54:00:12:34:56',
      forwards: [{ hostAddress: '127.0.0.1', hostPort: port, guestPort: 22, protocol: 'tcp' }],
    } as const;
    await expect(harness.launch({ ...taken, nics: [nic] })).rejects.toMatchObject({
      kind: 'VMM_FAILED',
      details: { exitCode: 1, portConflict: true },
    });
    server.close();
  });

  it('reports a missing kernel with what QEMU said, and this start’s words alone', async () => {
    const machine = await harness.deadMachine({ kernelPath: '/nonexistent/vmlinux' });
    await writeFile(machine.logPath, 'words of an earlier start\n');
    const failed = harness.launch(machine);
    await expect(failed).rejects.toMatchObject({ kind: 'VMM_FAILED', details: { exitCode: 1 } });
    const { details } = (await failed.catch((error: unknown) => error)) as {
      details: { stderrTail: string; portConflict?: boolean };
    };
    expect(details.stderrTail).toContain('/nonexistent/vmlinux');
    expect(details.stderrTail).not.toContain('earlier');
    expect(details.portConflict).toBeUndefined();
  });

  it('leaves nothing when launching is aborted, or its record cannot be written', async () => {
    const machine = await harness.deadMachine();
    await expect(harness.launch(machine, AbortSignal.abort())).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect(harness.spawned).toEqual([]);
    const abort = new AbortController();
    const aborted = harness.hypervisor.launch(machine, {
      signal: abort.signal,
      onSpawn: (identity) => {
        harness.spawned.push(identity);
        abort.abort();
        return Promise.resolve();
      },
    });
    await expect(aborted).rejects.toMatchObject({ kind: 'CANCELLED' });
    const unrecorded = harness.hypervisor.launch(machine, {
      signal: new AbortController().signal,
      onSpawn: (identity) => {
        harness.spawned.push(identity);
        return Promise.reject(new RangeError('the disk is full'));
      },
    });
    await expect(unrecorded).rejects.toThrow('the disk is full');
    expect(harness.spawned).toHaveLength(2);
    expect(await Promise.all(harness.spawned.map((identity) => harness.runner.isAlive(identity)))).toEqual([
      false,
      false,
    ]);
  });

  it('refuses a runtime directory whose sockets have too long a path', async () => {
    const machine = await harness.deadMachine({ runtimeDirectory: `/${'d'.repeat(100)}` });
    await expect(harness.launch(machine)).rejects.toMatchObject({
      kind: 'SOCKET_PATH_TOO_LONG',
      details: { max: 107 },
    });
  });

  it('does not adopt a process that is not the one recorded', async () => {
    const machine = await harness.launch(await harness.deadMachine());
    const { record } = machine;
    const other = { ...record, process: { ...record.process, startTicks: record.process.startTicks + 1 } };
    expect(await harness.hypervisor.adopt(other)).toBeUndefined();
    expect(await harness.runner.isAlive(record.process)).toBe(true);
    await machine.kill();
  });

  it('forwards to the guest from 127.0.0.1 and from no other address', async () => {
    const machineSpec = await harness.deadMachine();
    const machine = await harness.launch(machineSpec);
    const port = machineSpec.nics[0]?.forwards[0]?.hostPort ?? 0;
    const listening = (await readFile('/proc/net/tcp', 'utf8'))
      .split('\n')
      .filter((line) =>
        line.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`),
      );
    expect(listening.map((line) => line.trim().split(/\s+/)[1]?.split(':')[0])).toEqual(['0100007F']);
    const socket = createConnection({ host: '127.0.0.1', port });
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    await machine.kill();
  });
});
