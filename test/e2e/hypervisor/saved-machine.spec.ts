import { execFileSync } from 'node:child_process';
import { chmod, chown, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine, MachineSpec, SavedMachine } from '../../../src/vm/hypervisor/hypervisor.js';
import { HypervisorHarness, ROOT, VMM_UID } from './hypervisor-harness.js';

const MIB = 1024 * 1024;
const signal = AbortSignal.timeout(300_000);

let harness: HypervisorHarness;
let saved: SavedMachine;
let base: MachineSpec;

const output = async (machine: Machine, ...argv: string[]): Promise<string> =>
  (await machine.agent.exec(argv)).stdout.toString();

/** What the next machine of the saved one is started with: a disk over the saved one's, and directories of its own. */
async function clone(name: string): Promise<MachineSpec> {
  const path = join(harness.directory, `${name}.qcow2`);
  const [disk] = base.drives;
  const runtimeDirectory = join(harness.directory, name);
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', disk?.path ?? '', '-F', 'qcow2', path]);
  execFileSync('mkdir', ['-m', '700', runtimeDirectory]);
  if (ROOT) for (const own of [path, runtimeDirectory]) await chown(own, VMM_UID, VMM_UID);
  const { saveTo: _, ...rest } = base;
  return {
    ...rest,
    name,
    drives: [{ serial: 'bgr-root', path, format: 'qcow2', readOnly: false }],
    nics: [{ type: 'user', mac: '52:54:00:65:43:21', forwards: [] }],
    consolePath: join(harness.directory, `${name}.console`),
    logPath: join(harness.directory, `${name}.log`),
    runtimeDirectory,
    restoreFrom: saved,
  };
}

beforeAll(async () => {
  harness = await HypervisorHarness.open();
  saved = { memoryPath: join(harness.directory, 'memory'), statePath: join(harness.directory, 'state') };
  base = await harness.spec({ saveTo: saved, niceness: 5 });
  const machine = await harness.launch(base);
  await machine.agent.waitReady({ signal });
  await machine.agent.exec(['sh', '-c', 'echo here > /run/mark; sync']);
  await machine.save({ signal });
  expect(await machine.runState({ timeoutMs: 1_000 })).not.toBe('running');
  await machine.kill();
  await chmod(base.drives[0]?.path ?? '', 0o444);
}, 120_000);
afterAll(() => harness.close());

describe('a machine that was saved', () => {
  it('is in two files: its memory with holes, and the rest', async () => {
    const [memory, state] = await Promise.all([stat(saved.memoryPath), stat(saved.statePath)]);
    expect(memory.size).toBe(base.memoryMib * MIB);
    expect(memory.blocks * 512).toBeLessThan((base.memoryMib * MIB) / 2);
    expect(state.size).toBeGreaterThan(100_000);
    expect(state.size).toBeLessThan(8 * MIB);
  });

  it('goes on as often as wanted, each time from the same moment, and none changes its files', async () => {
    const before = await Promise.all([readFile(saved.statePath), stat(saved.memoryPath)]);
    const machines = await Promise.all(['one', 'two'].map(async (name) => harness.launch(await clone(name))));
    try {
      for (const machine of machines) {
        await machine.agent.waitReady({ signal });
        expect(await output(machine, 'cat', '/run/mark')).toBe('here\n');
        expect(await output(machine, 'sh', '-c', 'echo changed > /run/mark; cat /run/mark')).toBe(
          'changed\n',
        );
      }
      const boots = await Promise.all(
        machines.map((machine) => output(machine, 'cat', '/proc/sys/kernel/random/boot_id')),
      );
      expect(new Set(boots).size).toBe(1);
    } finally {
      for (const machine of machines) await machine.kill();
    }
    const after = await Promise.all([readFile(saved.statePath), stat(saved.memoryPath)]);
    expect(after[0].equals(before[0])).toBe(true);
    expect(after[1].mtimeMs).toBe(before[1].mtimeMs);
  });

  it.runIf(ROOT)('is nothing that the user of a VMM could change', async () => {
    const machine = await harness.launch(await clone('three'));
    try {
      const { pid } = machine.record.process;
      const attempt = (how: string): string =>
        execFileSync('perl', ['-e', how, `/proc/${pid}/fd/3`, String(VMM_UID)], { encoding: 'utf8' });
      // what a VMM that a guest took over could try on the descriptor that it has
      const open = 'my ($p, $u) = @ARGV; open(my $f, "+<", $p) or die "open: $!";';
      expect(attempt(`${open} print syswrite($f, "x") ? "written" : "$!"`)).toBe('Operation not permitted');
      expect(attempt(`${open} print truncate($f, 0) ? "cut" : "$!"`)).toBe('Operation not permitted');
    } finally {
      await machine.kill();
    }
  });

  it('does not start from files that are damaged, and says so', async () => {
    const state = await readFile(saved.statePath);
    const cut = { ...saved, statePath: join(harness.directory, 'cut') };
    await writeFile(cut.statePath, state.subarray(0, state.length / 2));
    const spec = { ...(await clone('four')), restoreFrom: cut };
    await expect(harness.launch(spec)).rejects.toMatchObject({ kind: 'VMM_FAILED' });
    const short = { ...saved, memoryPath: join(harness.directory, 'short') };
    execFileSync('cp', ['--sparse=always', saved.memoryPath, short.memoryPath]);
    await truncate(short.memoryPath, 64 * MIB);
    const other = { ...spec, restoreFrom: short };
    await expect(harness.launch(other)).rejects.toMatchObject({ kind: 'VMM_FAILED' });
    expect(await harness.processes()).toEqual([]);
  });
});
