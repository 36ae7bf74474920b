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
  // a daemon died between a freeze and this
  for (const drive of drives.values()) if (drive.isBaseStale) await settleDrive(machine.qmp, drive);
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
    const now = await drivesNow(qmp);
    for (const { serial } of freeze) {
      const drive = now.get(serial);
      if (drive !== undefined) await settleDrive(qmp, drive);
      const before = drives.get(serial)?.node ?? '';
      for (const node of [before, baseNode(before)]) await closeNode(qmp, node);
    }
    return haltedMs;
  } finally {
    for (const node of unused) await closeNode(qmp, node);
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
 * Has a frozen drive stand on a file that is opened by the name in its header. It was opened as standing on nothing, which
 * QEMU takes at its word when it is frozen in its turn; and QEMU knows the file below by the name that it had before, says
 * so in the name of the drive, and of all that come to stand on that: after some thirty freezes the name had more than
 * 4096 bytes, which QEMU cuts off, and the drive was found no more.
 */
async function settleDrive(qmp: QmpClient, { node, path, basePath }: DriveNow): Promise<void> {
  if (basePath === undefined) return;
  const base = baseNode(node);
  const file = { driver: 'file', filename: basePath, locking: 'on' };
  await qmp.execute('blockdev-add', { driver: 'qcow2', 'node-name': base, 'read-only': true, file });
  try {
    await qmp.execute('blockdev-reopen', { options: [overlay(node, path, base)] });
  } catch (error) {
    await closeNode(qmp, base);
    throw error;
  }
}

/** What a frozen drive stands on, opened for it. */
function baseNode(node: string): string {
  return `${node}-base`;
}

/** One that is not there, or still in use, is left. */
async function closeNode(qmp: QmpClient, node: string): Promise<void> {
  await qmp.execute('blockdev-del', { 'node-name': node }).catch(() => undefined);
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
