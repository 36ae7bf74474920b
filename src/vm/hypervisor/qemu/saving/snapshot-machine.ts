import type { ProcessRunner } from '../../../../core/process/index.js';
import type { DriveFreeze, MachineRecord, SnapshotOrder } from '../../hypervisor.js';
import { drivesNow } from '../drive-size.js';
import type { DriveNow } from '../drive-size.js';
import type { QmpClient } from '../qmp-client.js';
import { copyLive, runOn } from './live-snapshot.js';
import { touchMemory, withMemory, writeMemory } from './memory-descriptor.adapter.js';
import { Receiver } from './receiver.js';

const MIB = 1024 * 1024;

/** Of the names of nodes that a QEMU has had, none may come twice. */
let freezes = 0;

interface Snapshotted {
  readonly runner: ProcessRunner;
  readonly qmp: QmpClient;
  readonly record: MachineRecord;
}

/**
 * A snapshot of a machine that runs on. What is received goes to memory, and from there to the file when the guest runs
 * again: it would wait for the file system otherwise. @returns `ms` that its guest stood still
 */
export async function snapshotMachine(machine: Snapshotted, order: SnapshotOrder): Promise<number> {
  const drives = await drivesNow(machine.qmp);
  const { memory } = order;
  if (memory === undefined) return withOverlays(machine, order, drives, (halt) => halted(machine, halt));
  const { memoryMib, to } = memory;
  return withMemory(machine.runner, memoryMib * MIB, async (descriptor) => {
    const driveBytes = new Map([...drives].map(([serial, { bytes }]) => [serial, bytes]));
    const { statePath } = to;
    const receives = { ...memory, source: machine.record, memory: descriptor, statePath, driveBytes };
    const [receiver] = await Promise.all([
      Receiver.start(machine.runner, { ...receives, signal: order.signal }),
      // Without it the guest stands still for longer, and that is all.
      touchMemory(machine.runner, machine.record.process.pid).catch(() => undefined),
    ]);
    let haltedMs: number;
    try {
      haltedMs = await withOverlays(machine, order, drives, (whileHalted) =>
        copyLive(machine.qmp, {
          uri: receiver.uri,
          live: machine.record.accelerator === 'kvm',
          forGood: memory.forGood ?? false,
          signal: order.signal,
          whileHalted,
        }),
      );
      await receiver.save();
    } finally {
      await receiver.end();
    }
    await writeMemory(machine.runner, descriptor, to.memoryPath);
    return haltedMs;
  });
}

type Halt = (whileHalted: () => Promise<void>) => Promise<number>;

/** Opens the overlays beforehand, so that the guest need not stand still for it; those that come to nothing are closed. */
async function withOverlays(
  { qmp }: Snapshotted,
  order: SnapshotOrder,
  drives: ReadonlyMap<string, DriveNow>,
  halt: Halt,
): Promise<number> {
  const { freeze } = order;
  const opened: string[] = [];
  let unused = opened;
  try {
    for (const one of freeze) opened.push(await openOverlay(qmp, one));
    const haltedMs = await halt(async () => {
      await switchOver(qmp, freeze, { drives, nodes: opened });
      unused = [];
      await order.whileHalted();
    });
    for (const [index, { serial, overlayPath }] of freeze.entries())
      await settleOverlay(qmp, overlayPath, { node: opened[index] ?? '', below: drives.get(serial)?.node });
    return haltedMs;
  } finally {
    for (const node of unused)
      await qmp.execute('blockdev-del', { 'node-name': node }).catch(() => undefined);
  }
}

/** Stops the guest for as long as the body takes. What its disks still have to be told they are by then. */
async function halted({ qmp }: Snapshotted, body: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await qmp.execute('stop');
  try {
    await body();
  } finally {
    await runOn(qmp);
  }
  return performance.now() - since;
}

/** Opens the file that a drive is to go on in, with nothing below it yet. */
async function openOverlay(qmp: QmpClient, { serial, overlayPath }: DriveFreeze): Promise<string> {
  freezes += 1;
  const node = `${serial}-${Date.now().toString(36)}-${freezes}`;
  // what it stands on it is told when it is put there
  await qmp.execute('blockdev-add', overlay(node, overlayPath, null));
  return node;
}

/**
 * Tells an overlay what it stands on by now. What it was opened with says "on nothing", which its header denies: QEMU then
 * names the drive by all of its options, longer with each layer, and after some ten to twenty freezes nobody can read it.
 */
async function settleOverlay(
  qmp: QmpClient,
  overlayPath: string,
  { node, below }: { node: string; below: string | undefined },
): Promise<void> {
  await qmp.execute('blockdev-reopen', { options: [overlay(node, overlayPath, below ?? null)] });
}

function overlay(node: string, path: string, backing: string | null): Record<string, unknown> {
  return {
    driver: 'qcow2',
    'node-name': node,
    'read-only': false,
    discard: 'unmap',
    'detect-zeroes': 'unmap',
    backing,
    file: { driver: 'file', filename: path, locking: 'on', discard: 'unmap' },
  };
}

/** All of them at once, or none. */
async function switchOver(
  qmp: QmpClient,
  freeze: readonly DriveFreeze[],
  { drives, nodes }: { drives: ReadonlyMap<string, DriveNow>; nodes: readonly string[] },
): Promise<void> {
  if (freeze.length === 0) return;
  const actions = freeze.map(({ serial }, index) => ({
    type: 'blockdev-snapshot',
    data: { node: drives.get(serial)?.node, overlay: nodes[index] },
  }));
  await qmp.execute('transaction', { actions });
}
