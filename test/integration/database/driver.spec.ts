// Guards the defects measured in the published SQLite adapters: acknowledged writes lost, pragmas lost, dirty reads.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { isMissingReference, isUniqueViolation, Prisma } from '../../../src/core/database/index.js';
import { anImage, aVm, scratchDatabase, scratchDirectory } from './support.js';

it('brings every type back as it went in', async () => {
  const { client } = await scratchDatabase();
  const createdAt = new Date('2026-02-03T04:05:06.789Z');
  const bootArguments = ['ü', { nested: [1, null, true, '"'] }];
  await client.image.create({
    data: { ...anImage('debian', { diskBytes: 2n ** 60n + 1n }), bootArguments, createdAt },
  });
  const vm = {
    ...aVm('web', 'img_debian'),
    ephemeral: true,
    machine: Prisma.DbNull,
    workspaces: [{ a: 1 }],
    startedAt: createdAt,
  };
  await client.vm.create({ data: vm });
  expect(await client.image.findUnique({ where: { name: 'debian' } })).toMatchObject({
    diskBytes: 2n ** 60n + 1n,
    allocatedBytes: 1n,
    bootArguments,
    createdAt,
  });
  expect(
    await client.vm.findFirst({ where: { startedAt: { gte: createdAt } }, include: { image: true } }),
  ).toMatchObject({
    ephemeral: true,
    cpus: 1,
    env: { LANG: 'C' },
    machine: null,
    workspaces: [{ a: 1 }],
    sshPort: null,
    startedAt: createdAt,
    image: { name: 'debian' },
  });
  const step = {
    operationId: 'op_1',
    index: 0,
    name: 'a',
    title: 'A',
    state: 'running',
    startedAt: createdAt,
    progress: 0.25,
  };
  const subject = { subjectType: 'vm', subjectId: 'vm_web', subjectName: 'web' };
  await client.operation.create({
    data: { id: 'op_1', kind: 'vm.create', ...subject, state: 'running', warnings: [] },
  });
  await client.operationStep.create({ data: step });
  expect(await client.operationStep.findFirst()).toMatchObject(step);
  expect(
    await client.$queryRaw`SELECT x'0001ff' AS bytes, 9007199254740993 AS big, COUNT(*) AS n FROM "Vm"`,
  ).toEqual([{ bytes: new Uint8Array([0, 1, 255]), big: 9_007_199_254_740_993n, n: 1 }]);
});

it('orders and filters by time', async () => {
  const { client } = await scratchDatabase();
  const times = [5, 1, 999, 1000, 86_400_000].map((ms) => new Date(ms));
  await client.image.createMany({
    data: times.map((createdAt, at) => ({ ...anImage(`i${at}`), createdAt })),
  });
  const found = await client.image.findMany({
    where: { createdAt: { lt: new Date(1001) } },
    orderBy: { createdAt: 'asc' },
  });
  expect(found.map(({ createdAt }) => createdAt.getTime())).toEqual([1, 5, 999, 1000]);
});

it('maps what SQLite refuses to Prisma codes', async () => {
  const { client } = await scratchDatabase();
  await client.image.create({ data: anImage('debian') });
  await client.vm.create({ data: aVm('web', 'img_debian') });
  const taken: unknown = await client.image
    .create({ data: { ...anImage('debian'), id: 'img_2' } })
    .catch((error: unknown) => error);
  expect([
    isUniqueViolation(taken),
    isUniqueViolation(taken, 'name'),
    isUniqueViolation(taken, 'id'),
  ]).toEqual([true, true, false]);
  await expect(client.vm.create({ data: aVm('db', 'img_none') })).rejects.toMatchObject({ code: 'P2003' });
  await expect(client.image.delete({ where: { id: 'img_debian' } })).rejects.toMatchObject({ code: 'P2003' });
  await expect(client.vm.delete({ where: { id: 'vm_none' } })).rejects.toMatchObject({ code: 'P2025' });
  await expect(client.$queryRaw`SELECT * FROM nope`).rejects.toMatchObject({ code: 'P2010' });
  expect(await client.vm.count()).toBe(1);
});

it('counts right after 50 concurrent interactive transactions', async () => {
  const { client } = await scratchDatabase();
  await client.image.create({ data: anImage('counter', { allocatedBytes: 0n }) });
  const where = { name: 'counter' };
  const increment = async (transaction: Prisma.TransactionClient): Promise<void> => {
    const { allocatedBytes } = await transaction.image.findUniqueOrThrow({ where });
    await sleep(1);
    await transaction.image.update({ where, data: { allocatedBytes: allocatedBytes + 1n } });
  };
  await Promise.all(Array.from({ length: 50 }, () => client.$transaction(increment)));
  expect((await client.image.findUniqueOrThrow({ where })).allocatedBytes).toBe(50n);
});

it('keeps a write made beside a transaction that rolls back, and shows it nothing of that transaction', async () => {
  const { client } = await scratchDatabase();
  const inside = Promise.withResolvers<void>();
  const transaction = client.$transaction(async (tx) => {
    await tx.image.create({ data: anImage('undone') });
    inside.resolve();
    await sleep(50);
    throw new RangeError('on purpose');
  });
  await inside.promise;
  const beside = [client.image.create({ data: anImage('kept') }), client.image.findMany()] as const;
  await expect(transaction).rejects.toThrow('on purpose');
  const [, seen] = await Promise.all(beside);
  expect(seen.map(({ name }) => name)).not.toContain('undone');
  expect((await client.image.findMany()).map(({ name }) => name)).toEqual(['kept']);
});

it('keeps its pragmas after transactions, a rolled back one too', async () => {
  const { client } = await scratchDatabase();
  await client.$transaction([client.image.count(), client.vm.count()]);
  await client.$transaction(() => Promise.reject(new RangeError('on purpose'))).catch(() => undefined);
  const pragmas = ['synchronous', 'journal_mode', 'foreign_keys', 'busy_timeout'];
  const values = await Promise.all(pragmas.map((name) => client.$queryRawUnsafe<object[]>(`PRAGMA ${name}`)));
  expect(values.map((rows) => Object.values(rows[0] ?? {})[0])).toEqual([2, 'wal', 1, 5000]);
});

it('ends a transaction whose callback uses the outer client, instead of waiting for ever', async () => {
  const { client } = await scratchDatabase();
  const stuck = client.$transaction(
    async (tx) => {
      await tx.image.create({ data: anImage('undone') });
      await client.image.count();
    },
    { timeout: 200 },
  );
  await expect(stuck).rejects.toMatchObject({
    code: 'P2028',
    message: expect.stringContaining('200 ms') as string,
  });
  expect(await client.image.count()).toBe(0);
});

it('lets nothing of a transaction through that SQLite ended by itself, as when the disk is full', async () => {
  const { client } = await scratchDatabase();
  const big = 'x'.repeat(4_000_000);
  await client.$queryRawUnsafe('PRAGMA max_page_count = 600');
  const transaction = client.$transaction(async (tx) => {
    await tx.image.create({ data: anImage('first') });
    await tx.image.create({ data: { ...anImage('big'), distribution: big } }).catch(() => undefined);
    await tx.image.create({ data: anImage('after') });
  });
  const outcome = await transaction.then(
    () => 'committed',
    () => 'refused',
  );
  const names = (await client.image.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name);
  expect([outcome, names]).toEqual(
    outcome === 'committed' ? ['committed', ['after', 'first']] : ['refused', []],
  );
  await expect(client.image.create({ data: { ...anImage('big'), distribution: big } })).rejects.toMatchObject(
    { kind: 'DISK_FULL' },
  );
});

it('undoes an inner transaction and keeps the outer one', async () => {
  const { client } = await scratchDatabase();
  await client.image.create({
    data: { ...anImage('debian'), vms: { create: { ...aVm('web', ''), imageId: undefined } } },
  });
  await expect(
    client.image.create({
      data: { ...anImage('second'), vms: { create: { ...aVm('web', ''), id: 'vm_2', imageId: undefined } } },
    }),
  ).rejects.toMatchObject({ code: 'P2002' });
  expect([await client.image.count(), await client.vm.count()]).toEqual([1, 1]);
});

// A creation whose image was deleted meanwhile was told as an internal error.
it('tells a row whose image is gone', async () => {
  const { client } = await scratchDatabase();
  const refused: unknown = await client.vm
    .create({ data: aVm('web', 'img_gone') })
    .catch((error: unknown) => error);
  expect([isMissingReference(refused), isUniqueViolation(refused)]).toEqual([true, false]);
});

it('serves many more shapes of query than it keeps statements for', async () => {
  const { client } = await scratchDatabase();
  await client.image.create({ data: anImage('debian') });
  for (let length = 1; length <= 300; length++) {
    const ids = Array.from({ length }, (_, at) => `img_${at}`);
    expect(await client.image.count({ where: { OR: [{ id: { in: ids } }, { name: 'debian' }] } })).toBe(1);
  }
});

it('refuses an isolation level that SQLite does not have', async () => {
  const { client } = await scratchDatabase();
  const level = 'ReadCommitted' as unknown as 'Serializable';
  await expect(client.$transaction(async () => 1, { isolationLevel: level })).rejects.toThrow(
    /READ COMMITTED/,
  );
});

it('remembers what was read until anything changes, by whom it may be', async () => {
  const file = join(scratchDirectory(), 'banger.db');
  const database = await scratchDatabase(file);
  const { client } = database;
  let reads = 0;
  const names = database.remembered(async () => {
    reads += 1;
    return (await client.image.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name);
  });
  expect([await names(), await names(), reads]).toEqual([[], [], 1]);
  await client.image.create({ data: anImage('one') });
  expect([await names(), await names(), reads]).toEqual([['one'], ['one'], 2]);

  const undone = client.$transaction(async (tx) => {
    await tx.image.create({ data: anImage('undone') });
    await sleep(50);
    throw new Error('undone');
  });
  await sleep(10);
  const meanwhile = await names();
  await expect(undone).rejects.toThrow('undone');
  expect([meanwhile, await names()]).toEqual([['one'], ['one']]);

  const other = new DatabaseSync(file);
  other.prepare('DELETE FROM Image').run();
  other.close();
  expect(await names()).toEqual([]);
});
