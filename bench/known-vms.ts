import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ScratchHost } from './scratch-host.js';

const ID_PREFIX = 'vm_bench';

/** One that runs, as a daemon that stopped would have left it. */
export interface RunningVm {
  readonly id: string;
  /** its MachineRecord */
  readonly machine: object;
}

/** VMs, stopped unless said otherwise, written straight into the database of a daemon that is not running: a thousand real ones would take hours. */
export function writeKnownVms(host: ScratchHost, count: number, running: readonly RunningVm[] = []): void {
  const database = new DatabaseSync(join(host.stateDirectory, 'banger.db'));
  try {
    const image = database.prepare('SELECT id FROM Image LIMIT 1').get() as { id: string };
    const columns = [
      'id',
      'name',
      'state',
      'imageId',
      'cpus',
      'memoryMib',
      'diskMib',
      'env',
      'ephemeral',
      'hypervisor',
      'mac',
      'machineId',
      'hostKeyPublic',
      'createdAt',
      'labels',
      'publishedPorts',
      'machine',
      'startedAt',
      'sshPort',
    ];
    const insert = database.prepare(
      `INSERT INTO Vm (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    database.exec('BEGIN; DELETE FROM Vm');
    for (let index = 0; index < count; index += 1) {
      const digits = String(index).padStart(6, '0');
      const id = `${ID_PREFIX}${digits}`;
      const machine = running.find((one) => one.id === id)?.machine;
      const state = machine === undefined ? 'stopped' : 'running';
      const now = new Date().toISOString();
      // without it the daemon would look for it again and again
      mkdirSync(join(host.stateDirectory, 'vms', id), { recursive: true, mode: 0o711 });
      insert.run(
        ...[id, `bench-${digits}`, state, image.id, 1, 1024, 8192, '{}', 0, 'qemu'],
        ...['52:54:00:00:00:01', '0'.repeat(32), 'ssh-ed25519 AAAA', now, '{}', '[]'],
        ...(machine === undefined ? [null, null, null] : [JSON.stringify(machine), now, 20_000 + index]),
      );
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

export function forgetKnownVms(host: ScratchHost): void {
  writeKnownVms(host, 0);
  const directory = join(host.stateDirectory, 'vms');
  for (const name of readdirSync(directory).filter((entry) => entry.startsWith(ID_PREFIX)))
    rmSync(join(directory, name), { recursive: true });
}
