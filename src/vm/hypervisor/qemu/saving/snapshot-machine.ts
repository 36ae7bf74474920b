import type { ProcessRunner } from '../../../../core/process/index.js';
import type { DriveFreeze, MachineRecord, SnapshotOrder } from '../../hypervisor.js';
import { drivesNow } from '../drive-size.js';
import type { DriveNow } from '../drive-size.js';
import type { QmpClient } from '../qmp-client.js';
import { copyLive } from './live-snapshot.js';
import { withMemory, writeMemory } from './memory-descriptor.adapter.js';
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
  const { to, memoryMib } = order;
  const { runner } = machine;
  return withMemory(runner, memoryMib * MIB, async (memory) => {
    const haltedMs = await copyInto(memory, machine, order);
    await writeMemory(runner, memory, to.memoryPath);
    return haltedMs;
  });
}

async function copyInto(
  memory: number,
  { runner, qmp, record }: Snapshotted,
  order: SnapshotOrder,
): Promise<number> {
  const { to, freeze, helper, memoryMib, signal } = order;
  const drives = await drivesNow(qmp);
  const driveBytes = new Map([...drives].map(([serial, { bytes }]) => [serial, bytes]));
  const receiver = await Receiver.start(runner, {
    source: record,
    memory,
    statePath: to.statePath,
    memoryMib,
    driveBytes,
    helper,
    signal,
  });
  const nodes: string[] = [];
  try {
    for (const one of freeze) nodes.push(await openOverlay(qmp, one));
    const haltedMs = await copyLive(qmp, {
      uri: receiver.uri,
      live: record.accelerator === 'kvm',
      signal,
      whileHalted: async () => {
        await switchOver(qmp, freeze, { drives, nodes });
        nodes.length = 0;
        await order.whileHalted();
      },
    });
    await receiver.save();
    return haltedMs;
  } finally {
    for (const node of nodes) await qmp.execute('blockdev-del', { 'node-name': node }).catch(() => undefined);
    await receiver.end();
  }
}

/** Opens the file that a drive is to go on in, with nothing below it yet. */
async function openOverlay(qmp: QmpClient, { serial, overlayPath }: DriveFreeze): Promise<string> {
  freezes += 1;
  const node = `${serial}-${Date.now().toString(36)}-${freezes}`;
  await qmp.execute('blockdev-add', {
    driver: 'qcow2',
    'node-name': node,
    discard: 'unmap',
    'detect-zeroes': 'unmap',
    // what it stands on it is told when it is put there
    backing: null,
    file: { driver: 'file', filename: overlayPath, locking: 'on', discard: 'unmap' },
  });
  return node;
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
