import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/vm/hypervisor/hypervisor.js';
import { HypervisorHarness } from './hypervisor-harness.js';

const CLOCK_SOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';

let harness: HypervisorHarness;

beforeEach(async () => {
  harness = await HypervisorHarness.open();
});

afterEach(async () => {
  await harness.close();
});

async function run(machine: Machine, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await machine.agent.exec(argv);
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** A guest that is asked for its end goes off, even while it boots. */
async function shutDown(machine: Machine): Promise<void> {
  const asked = performance.now();
  await machine.requestShutdown();
  const accepted = performance.now() - asked;
  await machine.exited;
  console.log(`asked in ${Math.round(accepted)} ms, off after ${Math.round(performance.now() - asked)} ms`);
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
    const first = await harness.launch(await harness.spec());
    expect(harness.spawned).toEqual([first.record.process]);
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

    // The clock is right (the RTC gives it whole seconds at boot), and the TSC is what it reads.
    const earliest = Date.now() / 1000 - 2;
    const { stdout: seconds } = await run(first, 'date', '+%s');
    expect(Number(seconds)).toBeGreaterThan(earliest);
    expect(Number(seconds)).toBeLessThan(Date.now() / 1000 + 2);
    const { stdout: clock } = await run(first, 'cat', CLOCK_SOURCE);
    expect(['tsc', 'kvm-clock']).toContain(clock.trim());

    // The daemon goes, another one comes: the old connections are dropped first, one of them in the middle of a command.
    const lost = first.agent.exec(['sleep', '1']).catch((error: unknown) => error);
    await delay(50);
    first.detach();
    expect(await lost).toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    const second = await harness.hypervisor.adopt(first.record);
    if (second === undefined) expect.fail('not adopted');
    await second.agent.waitReady({ signal: AbortSignal.timeout(20_000) });
    expect(await run(second, 'cat', '/proc/uptime')).toMatchObject({ exitCode: 0 });

    // The console is the guest's, through the daemon, into the file.
    await run(second, 'sh', '-c', 'echo hello console > /dev/ttyS0');
    await until(async () => (await readFile(first.record.consolePath, 'utf8')).includes('hello console'));
    expect((await stat(first.record.consolePath)).mode & 0o777).toBe(0o600);

    await shutDown(second);
    expect(await second.exited).toEqual({ exitCode: null, signal: null, by: 'guest-off' });
    expect(await first.exited).toEqual({ exitCode: 0, signal: null });
    expect(await harness.hypervisor.adopt(first.record)).toBeUndefined();
    await second.kill();
  });
});

describe('a guest that still boots', () => {
  it('gives memory back, sees its drive grow, and goes off when asked as soon as its agent answers', async () => {
    const machine = await harness.launch(await harness.spec());
    await machine.agent.waitReady({ signal: AbortSignal.timeout(120_000) });
    expect(await machine.memory()).toBe(512);
    await machine.setMemory(300);
    await until(async () => (await machine.memory()) === 300);
    await machine.setMemory(512);
    await until(async () => (await machine.memory()) === 512);

    const sectors = async (): Promise<number> =>
      Number((await run(machine, 'cat', '/sys/block/vda/size')).stdout);
    const before = await sectors();
    await machine.resizeDrive('bgr-root', (before + 2048) * 512);
    await until(async () => (await sectors()) === before + 2048);
    await machine.resizeDrive('bgr-root', 512);
    await expect(machine.resizeDrive('bgr-none', 512)).rejects.toMatchObject({ kind: 'VMM_PROTOCOL' });
    expect(await sectors(), 'never made smaller').toBe(before + 2048);
    await shutDown(machine);
    expect(await machine.exited).toEqual({ exitCode: 0, signal: null, by: 'guest-off' });
  });
});
