import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ScratchHost } from './scratch-host.js';

/** Stopped VMs written straight into the database of a daemon that is not running: a thousand real ones would take hours. */
export function writeKnownVms(host: ScratchHost, count: number): void {
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
    ];
    const insert = database.prepare(
      `INSERT INTO Vm (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    database.exec('BEGIN; DELETE FROM Vm');
    for (let index = 0; index < count; index += 1) {
      const digits = String(index).padStart(6, '0');
      insert.run(
        ...[`vm_bench${digits}`, `bench-${digits}`, 'stopped', image.id, 1, 1024, 8192, '{}', 0, 'qemu'],
        ...['52:54:00:00:00:01', '0'.repeat(32), 'ssh-ed25519 AAAA', new Date().toISOString()],
      );
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

export function forgetKnownVms(host: ScratchHost): void {
  writeKnownVms(host, 0);
}
