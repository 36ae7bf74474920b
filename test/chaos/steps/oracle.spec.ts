import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';

/* What judges all other tests here must not be blind: each kind of leftover is planted, and has to be found. */

const VM = 'vm_planted';

interface Planted {
  readonly name: string;
  readonly plant: () => void;
  readonly remove: () => void;
  readonly found: RegExp;
}

describe('the oracle', () => {
  let chaos: ChaosHost;
  let process: ChildProcess | undefined;
  const path = (...parts: string[]): string => join(chaos.host.directory, ...parts);
  const directory = (...parts: string[]): Pick<Planted, 'plant' | 'remove'> => ({
    plant: () => mkdirSync(path(...parts)),
    remove: () => rmSync(path(...parts), { recursive: true }),
  });
  const row = (sql: string, table: string): Pick<Planted, 'plant' | 'remove'> => ({
    plant: () => execute(sql),
    remove: () => execute(`DELETE FROM ${table} WHERE id = '${VM}'`),
  });

  function execute(sql: string): void {
    const database = new DatabaseSync(path('state', 'banger.db'), { timeout: 5000 });
    database.exec(sql);
    database.close();
  }

  beforeAll(async () => {
    chaos = await ChaosHost.create();
    await chaos.startDaemon();
  });
  afterAll(() => chaos.close());

  it('says nothing of a host where all is well', async () => {
    expect(await chaos.deviations()).toEqual([]);
  });

  const PLANTED: readonly Planted[] = [
    {
      name: 'a process',
      plant: () => {
        process = spawn('sleep', ['1000'], { env: { PLACE: chaos.host.directory } });
      },
      remove: () => process?.kill(),
      found: /^nobody owns the process \d+: sleep 1000$/,
    },
    {
      name: 'the directory of a VM',
      ...directory('state', 'vms', VM),
      found: /directory of a VM .* no owner/,
    },
    {
      name: 'the sockets of a VM',
      ...directory('run', 'vm', VM),
      found: /^the runtime directory of a VM .* no owner/,
    },
    {
      name: 'half an image',
      ...directory('state', 'images', '.building-img_planted'),
      found: /^the directory of an image \.building-img_planted has no owner/,
    },
    {
      name: 'a file half written',
      plant: () => writeFileSync(path('state', 'banger.db.new'), ''),
      remove: () => rmSync(path('state', 'banger.db.new')),
      found: /banger\.db\.new in the state directory is not one of/,
    },
    {
      name: 'a file of an image that is no more',
      plant: () => {
        mkdirSync(path('state', 'blobs'), { recursive: true });
        writeFileSync(path('state', 'blobs', 'planted-0'), '');
      },
      remove: () => rmSync(path('state', 'blobs', 'planted-0')),
      found: /blobs\/planted-0 is one that no image and no kernel has/,
    },
    { name: 'a temporary file', ...directory('tmp', 'bgr-x'), found: /temporary file was left: .*bgr-x/ },
    {
      name: 'a resource without an owner',
      ...row(
        `INSERT INTO LedgerEntry VALUES ('${VM}', 'port', '1', 'vm', '${VM}', '{}', '2026-01-01T00:00:00Z')`,
        'LedgerEntry',
      ),
      found: /^the port 1 of the vm vm_planted has an owner that is no more/,
    },
    {
      name: 'an operation that nobody works on',
      ...row(
        `INSERT INTO Operation (id, kind, subjectType, subjectId, subjectName, state, warnings)
         VALUES ('${VM}', 'vm.stop', 'vm', '${VM}', 'web', 'running', '[]')`,
        'Operation',
      ),
      found: /^the operation vm_planted \(vm\.stop of web\) still says it runs/,
    },
    {
      name: 'a VM on its way to nowhere',
      ...row(
        `INSERT INTO Vm (id, name, state, imageId, cpus, memoryMib, diskMib, env, labels, publishedPorts, ephemeral,
           hypervisor, mac, machineId, hostKeyPublic)
         SELECT '${VM}', 'web', 'starting', id, 1, 256, 1, '{}', '{}', '[]', 0, 'qemu', '', '', '' FROM Image`,
        'Vm',
      ),
      found: /^the VM web \(starting\) is in a state that it only passes through/,
    },
    {
      name: 'a VM without its machine',
      ...row(
        `INSERT INTO Vm (id, name, state, imageId, cpus, memoryMib, diskMib, env, labels, publishedPorts, ephemeral,
           hypervisor, mac, machineId, hostKeyPublic, machine)
         SELECT '${VM}', 'web', 'running', id, 1, 256, 1, '{}', '{}', '[]', 0, 'qemu', '', '', '',
           '{"process":{"pid":1}}' FROM Image`,
        'Vm',
      ),
      found: /^the VM web \(running\) has no process: its row says 1/,
    },
  ];

  it.each(PLANTED)('finds $name', async ({ plant, remove, found }) => {
    plant();
    const sentences = await chaos.deviations({ settlingMs: 0 });
    remove();
    expect(sentences).toContainEqual(expect.stringMatching(found));
    await expect.poll(() => chaos.deviations(), { timeout: 10_000 }).toEqual([]);
  });
});
