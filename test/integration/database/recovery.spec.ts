import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, readBooks, recoverDatabase } from '../../../src/core/database/index.js';

const VMS = 400;

/** A damaged database is set aside, and what can still be read of it makes a new one. */
describe('recovery of a damaged database', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bgr-recovery-'));
    file = join(directory, 'banger.db');
    await (await openDatabase({ file })).close();
    fill();
    await mkdir(join(directory, 'vms', 'vm_1'), { recursive: true });
    await mkdir(join(directory, 'images', 'img_1'), { recursive: true });
  });
  afterEach(() => rm(directory, { recursive: true }));

  function fill(): void {
    const database = new DatabaseSync(file);
    database.exec(
      `INSERT INTO Kernel VALUES ('krn_1', 'debian', '6.1', 'sha256:d', '{}', 1000, '2026-01-01')`,
    );
    database.exec(
      `INSERT INTO Image (id, name, recipeDigest, distribution, kernelVersion, diskBytes, allocatedBytes, bootArguments, kernelId) VALUES ('img_1', 'debian', 'd', 'Debian', '6.1', 1000, 1000, '[]', 'krn_1')`,
    );
    const columns =
      'id, name, state, imageId, cpus, memoryMib, diskMib, env, labels, publishedPorts, ephemeral, hypervisor, mac, machineId, hostKeyPublic';
    for (let at = 0; at < VMS; at += 1)
      database.exec(
        `INSERT INTO Vm (${columns}) VALUES ('vm_${at}', 'name-${at}', 'stopped', 'img_1', 1, 256, 1000, '{"PAD":"${'x'.repeat(300)}"}', '{}', '[]', 0, 'qemu', 'm', 'i', 'k')`,
      );
    for (const owner of ['vm_1', 'vm_lost'])
      database.exec(
        `INSERT INTO LedgerEntry VALUES ('res_${owner}', 'directory', '/d/${owner}', 'vm', '${owner}', '{}', '2026-01-01')`,
      );
    database.close();
  }

  async function damage(position: number, bytes: number): Promise<Buffer> {
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(bytes, 0xa5), 0, bytes, position);
    await handle.close();
    return readFile(file);
  }

  async function state(): Promise<Awaited<ReturnType<typeof readBooks>>> {
    return Promise.resolve(readBooks(file, false));
  }

  it('keeps every row that can be read, on both sides of a page that cannot', async () => {
    const page = Math.floor((await readFile(file)).indexOf('name-200') / 4096);
    const damaged = await damage(page * 4096, 4096);
    expect(await state()).toMatchObject({ state: 'damaged' });

    const { kept, rows, backup } = await recoverDatabase(file);
    expect(await readFile(kept ?? ''), 'the damaged file is kept byte for byte').toEqual(damaged);
    expect(backup).toBeUndefined();
    expect(rows['Image']).toBe(1);
    expect(rows['Vm']).toBeGreaterThan(VMS - 40);
    expect(await state()).toMatchObject({ state: 'readable' });
    await (await openDatabase({ file })).close();
    expect((await readdir(directory)).filter((name) => name.includes('recover'))).toEqual([]);
  });

  // The daemon releases what belongs to nobody: the directory of a VM whose row was lost is its disk.
  it('forgets what the ledger keeps for a VM whose row could not be read', async () => {
    await recoverDatabase(file);
    const books = await state();
    expect(books).toMatchObject({ state: 'readable', rows: { ledger: [{ ownerId: 'vm_1' }] } });
  });

  it('takes the newest copy of before an upgrade when nothing can be read, without what was deleted since', async () => {
    const backup = `${file}.before-0002_later`;
    const database = new DatabaseSync(file);
    database.exec(`VACUUM INTO '${backup}'`);
    database.close();
    await damage(0, 8192);
    const recovery = await recoverDatabase(file);
    expect(recovery).toMatchObject({ backup, rows: { Image: 1, Vm: 1 } });
    expect(await state()).toMatchObject({ state: 'readable', rows: { vms: [{ id: 'vm_1' }] } });
  });

  it('makes an empty one when there is nothing at all, and can be repeated', async () => {
    await damage(0, 8192);
    expect(await recoverDatabase(file)).toMatchObject({ rows: { Image: 0, Vm: 0 } });
    await rm(file);
    expect(await state()).toMatchObject({ state: 'damaged' });
    expect(await recoverDatabase(file, new Date(0))).toMatchObject({ kept: undefined, rows: { Vm: 0 } });
    expect(await state()).toMatchObject({ state: 'readable', rows: { vms: [] } });
    expect(existsSync(join(directory, 'vms', 'vm_1')), 'no disk is touched').toBe(true);
  });
});
