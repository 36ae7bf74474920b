import { chmod, chown, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessModule, ProcessRunner } from '../../../src/core/process/index.js';
import type { ProcessIdentity } from '../../../src/core/process/index.js';
import { HypervisorModule } from '../../../src/vm/hypervisor/hypervisor.module.js';
import { Hypervisor } from '../../../src/vm/hypervisor/hypervisor.js';
import type { Machine, MachineSpec } from '../../../src/vm/hypervisor/hypervisor.js';
import { requireGuestImage } from '../../support/guest-image.js';

const ROOT = process.getuid?.() === 0;
const VMM_UID = 789_901;

let hypervisor: Hypervisor;
let runner: ProcessRunner;
let directory: string;
let id: string;
let spawned: ProcessIdentity[];

beforeEach(async () => {
  const module = await Test.createTestingModule({ imports: [ProcessModule, HypervisorModule] }).compile();
  hypervisor = module.get(Hypervisor);
  runner = module.get(ProcessRunner);
  directory = await mkdtemp(join(tmpdir(), 'bgr-vm-'));
  id = directory.slice(-6);
  spawned = [];
});

afterEach(async () => {
  const left = await runner.findByArgument(hypervisor.processMarker(id));
  for (const identity of left) await runner.signal(identity, 'SIGKILL');
  await rm(directory, { recursive: true, force: true });
  expect(left).toEqual([]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function spec(changes: Partial<MachineSpec> = {}): Promise<MachineSpec> {
  const image = await requireGuestImage();
  const disk = join(directory, 'disk.qcow2');
  await runner.run({
    file: 'qemu-img',
    args: ['create', '-q', '-f', 'qcow2', '-b', image.rootPath, '-F', 'raw', disk],
  });
  const runtimeDirectory = join(directory, 'run');
  await mkdir(runtimeDirectory, { mode: 0o700 });
  if (ROOT) {
    await chmod(directory, 0o755);
    for (const path of [disk, runtimeDirectory]) await chown(path, VMM_UID, VMM_UID);
  }
  return {
    id,
    name: 'test',
    cpus: 1,
    memoryMib: 512,
    kernelPath: image.kernelPath,
    initrdPath: image.initrdPath,
    bootArguments: image.bootArguments,
    drives: [{ serial: 'bgr-root', path: disk, format: 'qcow2', readOnly: false }],
    nics: [
      { type: 'user', mac: '52:54:00:12:34:56', forwards: [{ hostPort: await freePort(), guestPort: 22 }] },
    ],
    consolePath: join(directory, 'console.log'),
    logPath: join(directory, 'vmm.log'),
    runtimeDirectory,
    ...(ROOT && { uid: VMM_UID }),
    ...changes,
  };
}

function launch(machine: MachineSpec, signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<Machine> {
  return hypervisor.launch(machine, {
    signal,
    onSpawn: (identity) => {
      spawned.push(identity);
      return Promise.resolve();
    },
  });
}

/** A machine that needs no disk and no working kernel: enough for what the VMM does by itself. */
async function deadMachine(changes: Partial<MachineSpec> = {}): Promise<MachineSpec> {
  return await spec({ bootArguments: ['quiet', 'root=/dev/none'], ...changes });
}

describe('probe', () => {
  it('finds version and accelerator in under two seconds, and tells why not KVM', async () => {
    const started = performance.now();
    const probe = await hypervisor.probe();
    expect(performance.now() - started).toBeLessThan(2_500);
    expect(probe).toMatchObject({ available: true, binary: 'qemu-system-x86_64' });
    expect(probe.version).toMatch(/^\d+\.\d+/);
    expect(['kvm', 'tcg']).toContain(probe.accelerator);
    if (probe.accelerator === 'tcg') expect(probe.reason).toMatch(/kvm/i);
    const again = performance.now();
    expect(await hypervisor.probe()).toEqual(probe);
    expect(performance.now() - again).toBeLessThan(50);
  });
});

async function run(machine: Machine, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await machine.agent.exec(argv);
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await condition()) return;
    await delay(20);
  }
  expect.fail('never happened');
}

describe('a machine with a guest', () => {
  it('boots, runs programs, is adopted, and ends when the guest powers off', async () => {
    const started = performance.now();
    const first = await launch(await spec());
    expect(spawned).toEqual([first.record.process]);
    await first.agent.waitReady({ signal: AbortSignal.timeout(120_000) });
    console.log(`agent after ${Math.round(performance.now() - started)} ms`);
    await first.agent.ping({ timeoutMs: 10_000 });
    expect(JSON.parse(JSON.stringify(first.record))).toEqual(first.record);

    expect(await run(first, 'sh', '-c', 'echo out; echo err >&2; exit 7')).toEqual({
      exitCode: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run(first, 'sh', '-c', 'kill -9 $$')).toMatchObject({ exitCode: 137 });
    expect(await run(first, 'no-such-program')).toMatchObject({ exitCode: 127 });
    const stdin = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect((await first.agent.exec(['cat'], { stdin })).stdout).toEqual(stdin);
    const parallel = await Promise.all(
      Array.from({ length: 8 }, (_, index) => run(first, 'echo', String(index))),
    );
    expect(parallel.map(({ stdout }) => stdout.trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);

    // What takes too long or is given up is killed in the guest.
    await expect(first.agent.exec(['sleep', '4321'], { timeoutMs: 300 })).rejects.toMatchObject({
      kind: 'TIMEOUT',
    });
    const given = first.agent.exec(['sleep', '4321'], { signal: AbortSignal.timeout(300) });
    await expect(given).rejects.toMatchObject({ kind: 'CANCELLED' });
    await until(async () => (await run(first, 'pgrep', '-f', 'sleep 4321')).exitCode === 1);
    // An answer past the bound fails its command, not the connection.
    await expect(first.agent.exec(['head', '-c', '2500000', '/dev/zero'])).rejects.toMatchObject({
      kind: 'VM_GUEST_UNREACHABLE',
    });
    expect(await run(first, 'true')).toMatchObject({ exitCode: 0 });

    // The clock is right, and the TSC is what it reads.
    const { stdout: time } = await run(
      first,
      'sh',
      '-c',
      'date +%s; cat /sys/devices/system/clocksource/clocksource0/current_clocksource',
    );
    const [seconds = '', clock] = time.trim().split('\n');
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(3);
    expect(['tsc', 'kvm-clock']).toContain(clock);

    // The daemon goes, another one comes: the old connections are dropped first, one of them in the middle of a command.
    const lost = first.agent.exec(['sleep', '1']).catch((error: unknown) => error);
    await delay(50);
    first.detach();
    expect(await lost).toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    const second = await hypervisor.adopt(first.record);
    if (second === undefined) expect.fail('not adopted');
    await second.agent.waitReady({ signal: AbortSignal.timeout(20_000) });
    expect(await run(second, 'cat', '/proc/uptime')).toMatchObject({ exitCode: 0 });

    // The console is the guest's, through the daemon, into the file.
    await run(second, 'sh', '-c', 'echo hello console > /dev/ttyS0');
    await until(async () => (await readFile(first.record.consolePath, 'utf8')).includes('hello console'));
    expect((await stat(first.record.consolePath)).mode & 0o777).toBe(0o600);

    const asked = performance.now();
    await second.requestShutdown();
    expect(await second.exited).toEqual({ exitCode: null, signal: null });
    expect(await first.exited).toEqual({ exitCode: 0, signal: null });
    console.log(`off after ${Math.round(performance.now() - asked)} ms`);
    expect(await hypervisor.adopt(first.record)).toBeUndefined();
    await second.kill();
  });
});

describe('the VMM process', () => {
  it('runs as its own user, in the sandbox, listens on loopback alone, and is killed', async () => {
    const machine = await launch(await deadMachine());
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
    expect(await runner.findByArgument(hypervisor.processMarker(id))).toEqual([machine.record.process]);
    const exited = machine.exited;
    await machine.kill();
    expect(await exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await machine.kill();
  });

  it('settles exited when it is killed from outside, also when adopted', async () => {
    const machine = await launch(await deadMachine());
    machine.detach();
    const adopted = await hypervisor.adopt(machine.record);
    process.kill(machine.record.process.pid, 'SIGKILL');
    expect(await adopted?.exited).toEqual({ exitCode: null, signal: null });
    expect(await machine.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await expect(adopted?.agent.waitReady({ signal: AbortSignal.timeout(1000) })).rejects.toMatchObject({
      kind: 'VM_GUEST_UNREACHABLE',
    });
  });

  it('keeps the last words of a panicking guest', async () => {
    const machine = await launch(
      await deadMachine({ bootArguments: ['rdinit=/nonexistent', 'init=/nonexistent', 'root=/dev/ram7'] }),
    );
    expect(await machine.exited).toEqual({ exitCode: 0, signal: null });
    expect(await readFile(machine.record.consolePath, 'utf8')).toContain('Kernel panic');
  });

  it('tells a taken port from other failures', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const taken = await deadMachine();
    const nic = {
      type: 'user',
      mac: '52:54:00:12:34:56',
      forwards: [{ hostPort: port, guestPort: 22 }],
    } as const;
    await expect(launch({ ...taken, nics: [nic] })).rejects.toMatchObject({
      kind: 'VMM_FAILED',
      details: { exitCode: 1, portConflict: true },
    });
    server.close();
  });

  it('reports a missing kernel with what QEMU said, and this start’s words alone', async () => {
    const machine = await deadMachine({ kernelPath: '/nonexistent/vmlinux' });
    await writeFile(machine.logPath, 'words of an earlier start\n');
    const failed = launch(machine);
    await expect(failed).rejects.toMatchObject({ kind: 'VMM_FAILED', details: { exitCode: 1 } });
    const { details } = (await failed.catch((error: unknown) => error)) as {
      details: { stderrTail: string; portConflict?: boolean };
    };
    expect(details.stderrTail).toContain('/nonexistent/vmlinux');
    expect(details.stderrTail).not.toContain('earlier');
    expect(details.portConflict).toBeUndefined();
  });

  it('leaves nothing when launching is aborted, or its record cannot be written', async () => {
    const machine = await deadMachine();
    await expect(launch(machine, AbortSignal.abort())).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect(spawned).toEqual([]);
    const abort = new AbortController();
    const aborted = hypervisor.launch(machine, {
      signal: abort.signal,
      onSpawn: (identity) => {
        spawned.push(identity);
        abort.abort();
        return Promise.resolve();
      },
    });
    await expect(aborted).rejects.toMatchObject({ kind: 'CANCELLED' });
    const unrecorded = hypervisor.launch(machine, {
      signal: new AbortController().signal,
      onSpawn: (identity) => {
        spawned.push(identity);
        return Promise.reject(new RangeError('the disk is full'));
      },
    });
    await expect(unrecorded).rejects.toThrow('the disk is full');
    expect(spawned).toHaveLength(2);
    expect(await Promise.all(spawned.map((identity) => runner.isAlive(identity)))).toEqual([false, false]);
  });

  it('refuses a runtime directory whose sockets have too long a path', async () => {
    const machine = await deadMachine({ runtimeDirectory: `/${'d'.repeat(100)}` });
    await expect(launch(machine)).rejects.toMatchObject({
      kind: 'SOCKET_PATH_TOO_LONG',
      details: { max: 107 },
    });
  });

  it('does not adopt a process that is not the one recorded', async () => {
    const machine = await launch(await deadMachine());
    const { record } = machine;
    const other = { ...record, process: { ...record.process, startTicks: record.process.startTicks + 1 } };
    expect(await hypervisor.adopt(other)).toBeUndefined();
    expect(await runner.isAlive(record.process)).toBe(true);
    await machine.kill();
  });

  it('forwards to the guest from 127.0.0.1 and from no other address', async () => {
    const machineSpec = await deadMachine();
    const machine = await launch(machineSpec);
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
