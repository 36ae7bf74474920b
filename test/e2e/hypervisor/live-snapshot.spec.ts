import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type {
  Machine,
  MachineSpec,
  SavedMachine,
  SnapshotOrder,
} from '../../../src/vm/hypervisor/hypervisor.js';
import { HypervisorHarness, ROOT, VMM_UID } from './hypervisor-harness.js';

const signal = AbortSignal.timeout(200_000);

/** Counts ten times a second, in memory and on the disk. */
const COUNT = `
nohup sh -c 'n=0; while :; do n=$((n + 1)); echo $n > /run/count; echo $n >> /counted; sleep 0.1; done' > /dev/null 2>&1 &
`;

let harness: HypervisorHarness;
beforeEach(async () => {
  harness = await HypervisorHarness.open();
});
afterEach(() => harness.close());

const path = (name: string): string => join(harness.directory, name);

const sh = async ({ agent }: Machine, script: string): Promise<string> =>
  (await agent.exec(['sh', '-c', script])).stdout.toString().trim();

function own(...paths: string[]): void {
  if (ROOT) for (const one of paths) chownSync(one, VMM_UID, VMM_UID);
}

function overlay(name: string, base: string): string {
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', path(name)]);
  own(path(name));
  return path(name);
}

let orders = 0;

function order(to: SavedMachine, changes: Partial<SnapshotOrder> = {}): SnapshotOrder {
  // Each has a directory of its own, as in the daemon: one that is killed may be met at its socket a moment longer.
  orders += 1;
  const directory = path(`save-${orders}`);
  mkdirSync(directory, { mode: 0o700 });
  own(directory);
  const helper = {
    id: `${harness.id}-save`,
    runtimeDirectory: directory,
    logPath: path('save.log'),
    uid: ROOT ? VMM_UID : undefined,
    onSpawn: () => Promise.resolve(),
  };
  return {
    memory: { to, memoryMib: 512, helper },
    freeze: [],
    whileHalted: () => Promise.resolve(),
    signal,
    ...changes,
  };
}

function clone(spec: MachineSpec, name: string, saved: SavedMachine, disk: string): MachineSpec {
  mkdirSync(path(name), { mode: 0o700 });
  own(path(name));
  return {
    ...spec,
    name,
    drives: [{ serial: 'bgr-root', path: disk, format: 'qcow2', readOnly: false }],
    nics: [{ type: 'user', mac: '52:54:00:65:43:21', forwards: [] }],
    consolePath: path(`${name}.console`),
    logPath: path(`${name}.log`),
    runtimeDirectory: path(name),
    restoreFrom: saved,
  };
}

it('a machine is saved while it runs on: what it was doing goes on in all copies from the same moment', async () => {
  const spec = await harness.spec();
  const disk = spec.drives[0]?.path ?? '';
  const parent = await harness.launch(spec);
  await parent.agent.waitReady({ signal });
  await sh(parent, COUNT);
  await delay(1500);
  const saved = { memoryPath: path('memory'), statePath: path('state') };
  const next = overlay('next.qcow2', disk);
  let atHalt = '';
  const haltedMs = await parent.snapshot(
    order(saved, {
      freeze: [{ serial: 'bgr-root', overlayPath: next }],
      whileHalted: async () => {
        atHalt = await parent.runState({ timeoutMs: 1_000 });
      },
    }),
  );
  console.log(`the guest stood still for ${Math.round(haltedMs)} ms`);
  expect(atHalt).not.toBe('running');
  expect(haltedMs).toBeLessThan(1_000);
  expect(await harness.runner.findByArgument(harness.hypervisor.processMarker(`${harness.id}-save`))).toEqual(
    [],
  );
  chmodSync(disk, 0o444);

  const before = Number(await sh(parent, 'cat /run/count'));
  await sh(parent, 'echo parent > /mark; sync');
  const machines = [parent];
  const one = await harness.launch(clone(spec, 'one', saved, overlay('one.qcow2', disk)));
  machines.push(one);
  await one.agent.waitReady({ signal });
  expect(await sh(one, 'cat /mark 2>&1')).toContain('No such file');
  await sh(one, 'echo one > /mark; sync');
  expect(await sh(parent, 'cat /mark')).toBe('parent');
  for (const machine of machines) {
    const now = Number(await sh(machine, 'cat /run/count'));
    await delay(500);
    expect(Number(await sh(machine, 'cat /run/count'))).toBeGreaterThan(now);
    // without a gap, and nothing twice
    expect(await sh(machine, 'awk \'$1 != NR { print "gap at " NR; exit }\' /counted')).toBe('');
  }
  expect(Number(await sh(parent, 'cat /run/count'))).toBeGreaterThan(before);
  // the drive of the parent is found although it has another file now
  await parent.resizeDrive('bgr-root', 10 * 1024 ** 3);
  expect(Number(await sh(parent, 'blockdev --getsize64 /dev/vda'))).toBe(10 * 1024 ** 3);
  for (const machine of machines) {
    await machine.kill();
    await machine.exited;
  }
  execFileSync('qemu-img', ['check', '-q', next]);
});

it('a snapshot that fails leaves the machine as it was; it can be put away after it, and goes on in another process', async () => {
  const spec = await harness.spec();
  const parent = await harness.launch(spec);
  await parent.agent.waitReady({ signal });
  const saved = (name: string): SavedMachine => ({
    memoryPath: path(`${name}.memory`),
    statePath: path(`${name}.state`),
  });
  const next = overlay('next.qcow2', spec.drives[0]?.path ?? '');
  const freeze = [{ serial: 'bgr-root', overlayPath: next }];
  const broken = new Error('the disks could not be copied');
  await expect(
    parent.snapshot(order(saved('one'), { whileHalted: () => Promise.reject(broken) })),
  ).rejects.toBe(broken);
  expect(await sh(parent, 'echo alive')).toBe('alive');
  const cancelled = AbortSignal.timeout(150);
  await expect(parent.snapshot(order(saved('two'), { freeze, signal: cancelled }))).rejects.toBeDefined();
  expect(await sh(parent, 'echo alive')).toBe('alive');
  await expect(
    parent.snapshot(order(saved('three'), { freeze: [{ serial: 'bgr-root', overlayPath: path('none') }] })),
  ).rejects.toMatchObject({ kind: 'VMM_PROTOCOL' });
  expect(await sh(parent, 'echo alive; sync')).toBe('alive');
  // and the next one works
  expect(await parent.snapshot(order(saved('four'), { freeze }))).toBeGreaterThan(0);
  expect(await sh(parent, 'echo alive > /alive; sync; cat /alive')).toBe('alive');

  await sh(parent, COUNT);
  // a disk that is frozen while nothing else is kept: the guest hardly notices
  const last = overlay('last.qcow2', next);
  await parent.agent.freeze();
  try {
    const { memory: _memory, ...rest } = order(saved('none'), {
      freeze: [{ serial: 'bgr-root', overlayPath: last }],
    });
    expect(await parent.snapshot({ ...rest, memory: undefined })).toBeLessThan(1_000);
  } finally {
    await parent.agent.thaw();
  }
  expect(await parent.drivePaths()).toEqual(new Map([['bgr-root', last]]));
  await sh(parent, 'echo on > /mark; sync');
  const away = saved('away');
  const { memory, ...rest } = order(away);
  if (memory === undefined) throw new Error('its memory is wanted');
  await parent.snapshot({ ...rest, memory: { ...memory, forGood: true } });
  expect(await parent.runState({ timeoutMs: 1_000 })).not.toBe('running');
  await parent.kill();
  await parent.exited;
  const again = await harness.launch({
    ...clone(spec, 'again', away, last),
    restoreFrom: { ...away, once: true },
  });
  await again.agent.waitReady({ signal });
  expect(await sh(again, 'cat /mark')).toBe('on');
  const carrier = 'ip link set eth0 up; cat /sys/class/net/eth0/carrier';
  expect(await sh(again, carrier)).toBe('0');
  await again.plugIn();
  expect(await sh(again, carrier)).toBe('1');
  const now = Number(await sh(again, 'cat /run/count'));
  await delay(500);
  expect(Number(await sh(again, 'cat /run/count'))).toBeGreaterThan(now);
  expect(await sh(again, 'awk \'$1 != NR { print "gap at " NR; exit }\' /counted')).toBe('');
  await again.kill();
  expect(await harness.processes()).toEqual([]);
});

/** QEMU's name of a drive grew with each freeze; after some thirty it was cut off, and the drive was found no more. */
it('a disk can be frozen again and again, also after freezes that were not finished', async () => {
  const spec = await harness.deadMachine();
  const machine = await harness.launch(spec);
  const { memory: _memory, ...rest } = order({ memoryPath: path('none'), statePath: path('none') });
  const died = new Error('there is nobody to finish it');
  let top = spec.drives[0]?.path ?? '';
  for (let number = 1; number <= 40; number += 1) {
    // as of a layer: a name of its own, which the QEMU that has it open does not know
    const layer = path(`root.${number}.qcow2`);
    linkSync(top, layer);
    const next = overlay(`root.live-${number}.qcow2`, layer);
    const isUnfinished = number % 3 === 0;
    const frozen = machine.snapshot({
      ...rest,
      memory: undefined,
      freeze: [{ serial: 'bgr-root', overlayPath: next }],
      whileHalted: () => (isUnfinished ? Promise.reject(died) : Promise.resolve()),
    });
    if (isUnfinished) await expect(frozen).rejects.toBe(died);
    else await frozen;
    expect(await machine.drivePaths(), `freeze ${number}`).toEqual(new Map([['bgr-root', next]]));
    // what others are to stand on is locked by nobody
    execFileSync('qemu-img', ['info', top], { stdio: 'pipe' });
    top = next;
  }
  await machine.kill();
  await machine.exited;
});
