import {
  open,
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { templateOwner } from '../../../src/vm/templates/template-store.js';
import type { Template, TemplateShape } from '../../../src/vm/templates/template.types.js';
import { ADOPTER, SHAPE, TemplateBench } from './support/template-bench.js';

const FILES = ['memory', 'state', 'root.qcow2', 'work.qcow2'];
const MIB = 1024 * 1024;

let bench: TemplateBench;
beforeEach(async () => {
  bench = await TemplateBench.open();
});

/** The only one of its shape. @throws when there is none */
function found(shape: TemplateShape = SHAPE): Template {
  const template = bench.store.find(shape);
  expect(template).toBeDefined();
  return template as Template;
}

async function flipBit(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  await file.write(byte, 0, 1, at);
  await file.close();
}

describe('a machine that was saved', () => {
  it('becomes a template in one step: its files, which nobody writes any more, and nothing else', async () => {
    const { directory, disks } = await bench.save('tpl_a');
    await bench.store.publish(directory, { id: 'tpl_a', shape: SHAPE, disks, adopter: ADOPTER });
    const place = bench.path('tpl_a');
    const modes = await Promise.all(
      (await readdir(place)).map(async (name) => {
        const { mode, uid } = await stat(`${place}/${name}`);
        return [name, (mode & 0o7777).toString(8), uid];
      }),
    );
    const own = process.getuid?.();
    expect(modes).toEqual([
      ['manifest.json', '600', own],
      ['memory', '400', own],
      ['root.qcow2', '444', own],
      ['state', '400', own],
      ['work.qcow2', '444', own],
    ]);
    expect(await readdir(bench.config.vmsDirectory)).toEqual([]);
    expect(await bench.everywhere()).toEqual({ store: ['tpl_a'], disk: ['tpl_a'], books: ['tpl_a'] });
    expect((await bench.ledger.list()).map(({ kind, owner }) => [kind, owner])).toEqual([
      ['directory', templateOwner('tpl_a')],
    ]);
  });

  it('has a manifest that says all that is known of it', async () => {
    const manifest = JSON.parse(
      await readFile(`${await bench.publish('tpl_a')}/manifest.json`, 'utf8'),
    ) as Template;
    expect(manifest).toEqual(found());
    expect(manifest).toMatchObject({ version: 1, id: 'tpl_a', shape: SHAPE });
    expect(Object.keys(manifest.files).toSorted()).toEqual(FILES.toSorted());
    expect(manifest.files['memory']).toMatchObject({ sizeBytes: 64 * MIB });
    expect(new Set(Object.values(manifest.files).map(({ digest }) => digest)).size).toBe(FILES.length);
    expect(manifest.allocatedBytes).toBeGreaterThan(1.3 * MIB);
    expect(manifest.allocatedBytes, 'holes cost nothing').toBeLessThan(2 * MIB);
  });

  it('takes the place of an older one of its shape alone', async () => {
    await bench.publish('tpl_old');
    await bench.publish('tpl_other', { cpus: 2 });
    await bench.publish('tpl_new');
    expect(found().id).toBe('tpl_new');
    const left = ['tpl_new', 'tpl_other'];
    expect(await bench.everywhere()).toEqual({
      store: ['tpl_other', 'tpl_new'],
      disk: left,
      books: left.toReversed(),
    });
  });

  it('leaves nothing when it cannot be put in place', async () => {
    const { directory, disks } = await bench.save('tpl_a');
    await mkdir(`${bench.path('tpl_a')}/in the way`, { recursive: true });
    await expect(
      bench.store.publish(directory, { id: 'tpl_a', shape: SHAPE, disks, adopter: ADOPTER }),
    ).rejects.toThrow();
    expect(bench.store.find(SHAPE)).toBeUndefined();
    await bench.ledger.releaseOwner(templateOwner('tpl_a'));
    expect(await bench.everywhere()).toEqual({ store: [], disk: [], books: [] });
  });
});

const { workDiskMib: _, ...withoutWorkDisk } = SHAPE;
const OTHER_SHAPES: readonly (readonly [string, TemplateShape])[] = [
  ...Object.entries(SHAPE).map(
    ([field, value]) =>
      [
        `another ${field}`,
        { ...SHAPE, [field]: typeof value === 'number' ? value + 1 : `x${value}` },
      ] as const,
  ),
  ['no work disk', withoutWorkDisk],
];

it.each(OTHER_SHAPES)('a VM with %s finds no template', async (_what, shape) => {
  await bench.publish('tpl_a');
  expect(bench.store.find(shape)).toBeUndefined();
  const reordered = Object.fromEntries(Object.entries(SHAPE).toReversed()) as unknown as TemplateShape;
  expect(bench.store.find(reordered)?.id).toBe('tpl_a');
});

const HARMS: readonly (readonly [string, string, (path: string) => Promise<void>])[] = [
  ['is missing', 'is missing', (path) => rm(path)],
  ['is cut short', 'does not have the', async (path) => truncate(path, (await stat(path)).size - 1)],
  ['is empty', 'does not have the', (path) => truncate(path, 0)],
  ['has grown', 'does not have the', async (path) => truncate(path, (await stat(path)).size + 1)],
  ['has one bit flipped', 'does not have the content', (path) => flipBit(path, 5000)],
];

describe('whoever holds a template', () => {
  it.each(HARMS.flatMap(([harm, ...rest]) => FILES.map((name) => [name, harm, ...rest] as const)))(
    'is told when its file %s %s',
    async (name, _harm, reason, damage) => {
      const path = `${await bench.publish('tpl_a')}/${name}`;
      await chmod(path, 0o600);
      await damage(path);
      await expect(bench.store.hold(found())).rejects.toMatchObject({
        kind: 'TEMPLATE_DAMAGED',
        details: {
          template: 'tpl_a',
          image: 'img_one',
          reason: expect.stringContaining(`${path} ${reason}`),
        },
      });
      await bench.store.remove('tpl_a');
      expect(bench.isThere('tpl_a'), 'it is not held').toBe(false);
    },
  );

  it('makes it the one that was used last, also for the next daemon', async () => {
    const place = await bench.publish('tpl_a');
    const longAgo = new Date('2026-01-01T00:00:00Z');
    await utimes(`${place}/manifest.json`, longAgo, longAgo);
    await bench.startDaemon().reconcile();
    expect(bench.store.list()).toMatchObject([{ lastUsedAt: longAgo }]);
    const before = Date.now();
    const held = await bench.store.hold(found());
    expect(held).toMatchObject({ directory: place, template: { id: 'tpl_a' } });
    await held?.release();
    const [{ lastUsedAt } = { lastUsedAt: longAgo }] = bench.store.list();
    expect(lastUsedAt.getTime()).toBeGreaterThanOrEqual(before);
    await bench.startDaemon().reconcile();
    expect(bench.store.list()).toMatchObject([{ lastUsedAt }]);
  });

  it('has its files read once, and again when one looks another', async () => {
    const path = `${await bench.publish('tpl_a')}/state`;
    const reads = async (): Promise<number> => {
      bench.runner.runs = 0;
      await (await bench.store.hold(found()))?.release();
      return bench.runner.runs;
    };
    expect(await reads(), 'they were when it was made').toBe(0);
    await bench.startDaemon().reconcile();
    expect([await reads(), await reads()]).toEqual([FILES.length, 0]);
    const content = await readFile(path);
    await rm(path);
    await writeFile(path, content, { mode: 0o400 });
    expect([await reads(), await reads()], 'what is there is as good').toEqual([1, 0]);
    await chmod(path, 0o600);
    await flipBit(path, 17);
    await expect(reads()).rejects.toMatchObject({ kind: 'TEMPLATE_DAMAGED' });
  });

  it('has its files until letting it go, although nobody finds it any more', async () => {
    await bench.publish('tpl_a');
    const template = found();
    const [one, two] = [await bench.store.hold(template), await bench.store.hold(template)];
    await bench.store.remove('tpl_a');
    await bench.store.remove('tpl_a');
    expect([bench.store.find(SHAPE), bench.store.list(), await bench.store.hold(template)]).toEqual([
      undefined,
      [],
      undefined,
    ]);
    await one?.release();
    expect(await readdir(bench.path('tpl_a'))).toHaveLength(FILES.length + 1);
    await two?.release();
    expect(await bench.everywhere()).toEqual({ store: [], disk: [], books: [] });
  });
});

describe('room for templates', () => {
  /** each takes 1.4 MiB */
  beforeEach(async () => {
    bench = await TemplateBench.open({ templates: { make: 'auto', diskMib: 3 } });
  });

  it('is made by deleting the one that was used longest ago', async () => {
    await bench.publish('tpl_a', { cpus: 1 });
    await bench.publish('tpl_b', { cpus: 2 });
    expect((await bench.everywhere()).disk).toEqual(['tpl_a', 'tpl_b']);
    await (await bench.store.hold(found({ ...SHAPE, cpus: 1 })))?.release();
    await bench.publish('tpl_c', { cpus: 3 });
    const left = ['tpl_a', 'tpl_c'];
    expect(await bench.everywhere()).toEqual({ store: left, disk: left, books: left });
  });

  it('is kept by the next daemon, which has less of it', async () => {
    await bench.publish('tpl_a', { cpus: 1 });
    await bench.publish('tpl_b', { cpus: 2 });
    const longAgo = new Date('2026-01-01T00:00:00Z');
    await utimes(`${bench.path('tpl_b')}/manifest.json`, longAgo, longAgo);
    await bench.startDaemon({ templates: { make: 'auto', diskMib: 2 } }).reconcile();
    expect(await bench.everywhere()).toEqual({ store: ['tpl_a'], disk: ['tpl_a'], books: ['tpl_a'] });
  });
});

it('an image that goes takes its templates along, and no others', async () => {
  await bench.publish('tpl_a', { cpus: 1 });
  await bench.publish('tpl_b', { cpus: 2 });
  await bench.publish('tpl_c', { imageId: 'img_two' });
  await bench.removeImage('img_one');
  expect(await bench.everywhere()).toEqual({ store: ['tpl_c'], disk: ['tpl_c'], books: ['tpl_c'] });
});
