import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixture, scratchDirectory } from './support.js';
import { runUntilKilled } from './killed-process.js';

const owner = { type: 'vm', id: 'vm_web' } as const;
const other = { type: 'vm', id: 'vm_db' } as const;

it('writes the row before it makes, and strikes it off after it is gone', async () => {
  const { ledger } = await fixture();
  const key = join(scratchDirectory(), 'made');
  let rowAtUndo: unknown;
  ledger.registerUndo('directory', async (entry) => {
    rmSync(entry.key, { recursive: true, force: true });
    rowAtUndo = await ledger.find('directory', key);
  });
  const rowAtMake = await ledger.make({ kind: 'directory', key, owner }, async () => {
    mkdirSync(key);
    return ledger.find('directory', key);
  });
  await ledger.release('directory', key);
  await ledger.release('directory', key);
  expect({ rowAtMake, rowAtUndo, exists: existsSync(key), left: await ledger.list() }).toEqual({
    rowAtMake: expect.objectContaining({ key, owner }) as unknown,
    rowAtUndo: rowAtMake,
    exists: false,
    left: [],
  });
});

it('undoes and strikes off what failed half-way, with the facts learned until then', async () => {
  const { ledger } = await fixture();
  const undone: unknown[] = [];
  ledger.registerUndo('process', async ({ data }) => void undone.push(data));
  const request = { kind: 'process', key: 'vm_web', owner, data: { marker: 'm' } } as const;
  const making = ledger.make(request, async () => {
    await ledger.update('process', 'vm_web', { pid: 42, marker: 'n' });
    throw new RangeError('on purpose');
  });
  await expect(making).rejects.toThrow('on purpose');
  expect([undone, await ledger.list()]).toEqual([[{ marker: 'n', pid: 42 }], []]);
});

it('keeps the row of what could not be undone, and tells the first failure', async () => {
  const { ledger, log } = await fixture();
  ledger.registerUndo('file', () => Promise.reject(new TypeError('busy')));
  await expect(
    ledger.make({ kind: 'file', key: '/a', owner }, () => Promise.reject(new RangeError('on purpose'))),
  ).rejects.toThrow('on purpose');
  expect(await ledger.list()).toMatchObject([{ kind: 'file', key: '/a' }]);
  expect(log).toMatchObject([{ level: 'error', key: '/a', err: { message: 'busy' } }]);
});

it('refuses a second row, a kind without undo, a second undo and an update of nothing', async () => {
  const { ledger } = await fixture();
  ledger.registerUndo('port', () => Promise.resolve());
  const make = async (): Promise<string> => 'made';
  await ledger.make({ kind: 'port', key: '22001', owner }, make);
  await expect(ledger.make({ kind: 'port', key: '22001', owner: other }, make)).rejects.toMatchObject({
    kind: 'RESOURCE_TAKEN',
    details: { resource: 'port', key: '22001', owner: 'vm vm_web' },
  });
  await expect(ledger.make({ kind: 'uid', key: '1', owner }, make)).rejects.toMatchObject({
    kind: 'INTERNAL',
  });
  await expect(ledger.update('port', '22002', {})).rejects.toMatchObject({ kind: 'INTERNAL' });
  expect(() => ledger.registerUndo('port', () => Promise.resolve())).toThrow(/one undo/);
  expect(await ledger.list()).toHaveLength(1);
});

it('gives one key to one of 20 that want it at once', async () => {
  const { ledger } = await fixture();
  ledger.registerUndo('port', () => Promise.resolve());
  const wanting = Array.from({ length: 20 }, () =>
    ledger.make({ kind: 'port', key: '22001', owner }, async () => 'mine'),
  );
  const outcomes = await Promise.allSettled(wanting);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await ledger.list()).toHaveLength(1);
});

it('releases all of one owner, newest first, goes on after a failure and throws it', async () => {
  const { ledger } = await fixture();
  const undone: string[] = [];
  const undo = async ({ key }: { key: string }): Promise<void> => {
    undone.push(key);
    if (key === 'b') throw new RangeError('b is busy');
  };
  ledger.registerUndo('directory', undo);
  ledger.registerUndo('file', undo);
  for (const key of ['a', 'b', 'c'])
    await ledger.make({ kind: 'directory', key, owner }, () => Promise.resolve());
  await ledger.make({ kind: 'file', key: 'd', owner }, () => Promise.resolve());
  await ledger.make({ kind: 'directory', key: 'e', owner: other }, () => Promise.resolve());
  await ledger.releaseOwner(owner, ['file']);
  await expect(ledger.releaseOwner(owner)).rejects.toThrow('b is busy');
  expect([
    undone,
    (await ledger.list()).map(({ key }) => key),
    await ledger.list({ owner: other, kind: 'file' }),
  ]).toEqual([['d', 'c', 'b', 'a'], ['b', 'e'], []]);
});

it.each(['after the row', 'after the effect', 'before the strike-off'])(
  'finds and undoes at the next start what a daemon killed %s left',
  async (moment) => {
    const directory = scratchDirectory();
    const key = join(directory, 'made');
    const file = join(directory, 'banger.db');
    await runUntilKilled([file, key, moment]);
    const existed = existsSync(key);
    const { ledger } = await fixture(file);
    ledger.registerUndo('directory', async (entry) => rmSync(entry.key, { recursive: true, force: true }));
    const left = await ledger.list();
    for (const entry of left) await ledger.releaseOwner(entry.owner);
    expect({ existed, left: left.map((entry) => [entry.kind, entry.key, entry.data]) }).toEqual({
      existed: moment === 'after the effect',
      left: [['directory', key, { moment }]],
    });
    expect([existsSync(key), await ledger.list()]).toEqual([false, []]);
  },
);

it('loses no acknowledged row when the daemon is killed while it writes', async () => {
  const file = join(scratchDirectory(), 'banger.db');
  const acknowledged = (await runUntilKilled([file, 'port', 'while it writes']))
    .split('\n')
    .filter((line) => line !== '');
  const { ledger } = await fixture(file);
  const kept = new Set((await ledger.list()).map(({ key }) => key));
  expect(acknowledged.length).toBeGreaterThan(10);
  expect(acknowledged.filter((key) => !kept.has(key))).toEqual([]);
});
