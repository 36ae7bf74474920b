import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { templateOwner } from '../../../src/vm/templates/template-store.js';
import type { Template } from '../../../src/vm/templates/template.types.js';
import { SHAPE, TemplateBench } from './support/template-bench.js';

let bench: TemplateBench;
beforeEach(async () => {
  bench = await TemplateBench.open();
});

const NONE = { store: [], disk: [], books: [] };
const WHOLE = { store: ['tpl_whole'], disk: ['tpl_whole'], books: ['tpl_whole'] };

/** A directory of templates whose manifest says something else. */
async function publishWith(change: (manifest: Template) => unknown): Promise<void> {
  const path = `${await bench.publish('tpl_odd', { cpus: 7 })}/manifest.json`;
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Template;
  await writeFile(path, JSON.stringify(change(manifest)));
}

describe('when a daemon starts', () => {
  it('a template that is whole stays, with when it was used last', async () => {
    const place = await bench.publish('tpl_whole');
    const lastUsedAt = new Date('2026-01-01T00:00:00Z');
    await utimes(`${place}/manifest.json`, lastUsedAt, lastUsedAt);
    const before = bench.store.list();
    await bench.startDaemon().reconcile();
    expect(bench.store.list()).toMatchObject([{ template: before[0]?.template, lastUsedAt }]);
    expect(await bench.everywhere()).toEqual(WHOLE);
    await (await bench.store.hold(bench.store.list()[0]?.template as Template))?.release();
  });

  it('one that the books have lost is booked again, and goes like any other', async () => {
    await bench.publish('tpl_whole');
    const place = bench.path('tpl_whole');
    await rename(place, `${place}.aside`);
    await bench.ledger.release('directory', place);
    await rename(`${place}.aside`, place);
    await bench.startDaemon().reconcile();
    expect(await bench.everywhere()).toEqual(WHOLE);
    expect(await bench.ledger.list()).toMatchObject([
      { kind: 'directory', owner: templateOwner('tpl_whole') },
    ]);
    await bench.store.remove('tpl_whole');
    expect(await bench.everywhere()).toEqual(NONE);
  });

  it('one that was being made goes, with all that its machine had', async () => {
    await bench.publish('tpl_whole');
    const { directory } = await bench.save('tpl_half');
    const owner = templateOwner('tpl_half');
    await bench.directories.make(bench.config.vmRuntimeDirectory('tpl_half'), { owner, mode: 0o700 });
    await bench.ledger.make({ kind: 'uid', key: '780001', owner }, () => Promise.resolve());
    await bench.startDaemon().reconcile();
    expect(await bench.everywhere()).toEqual(WHOLE);
    await expect(readFile(`${directory}/state`)).rejects.toThrow('ENOENT');
  });

  /** Killed between the two, a daemon left both in the books: the release of the one took the other along. */
  it('one that was just put in place stays, and the place where it was made is given back', async () => {
    await bench.publish('tpl_whole');
    const key = bench.config.vmDirectory('tpl_whole');
    const owner = templateOwner('tpl_whole');
    await bench.ledger.make({ kind: 'directory', key, owner }, () => Promise.resolve());
    await bench.startDaemon().reconcile();
    expect(await bench.everywhere()).toEqual(WHOLE);
    await (await bench.store.hold(bench.store.find(SHAPE) as Template))?.release();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['has no manifest', async () => rm(`${await bench.publish('tpl_odd', { cpus: 7 })}/manifest.json`)],
    [
      'has garbage in it',
      async () => writeFile(`${await bench.publish('tpl_odd', { cpus: 7 })}/manifest.json`, '{"version":1,'),
    ],
    ['has the manifest of another', () => publishWith((manifest) => ({ ...manifest, id: 'tpl_other' }))],
    ['is of another version', () => publishWith((manifest) => ({ ...manifest, version: 2 }))],
    ['is none', () => publishWith(() => null)],
    ['has no shape', () => publishWith((manifest) => ({ ...manifest, shape: null }))],
    ['has no size', () => publishWith((manifest) => ({ ...manifest, allocatedBytes: undefined }))],
    ['was replaced by a newer', () => publishWith((manifest) => ({ ...manifest, shape: SHAPE }))],
    [
      'is of no image',
      async () => {
        bench.imageIds.push('img_three');
        await bench.publish('tpl_odd', { imageId: 'img_three' });
        bench.imageIds.pop();
      },
    ],
    ['is a file', () => writeFile(bench.path('tpl_odd'), '')],
  ])('one that %s goes, and harms no other', async (_what, make) => {
    await bench.publish('tpl_whole');
    await make();
    await bench.startDaemon().reconcile();
    expect(await bench.everywhere()).toEqual(WHOLE);
  });

  it('there need not be any directory of templates', async () => {
    await bench.publish('tpl_whole');
    await rm(bench.config.templatesDirectory, { recursive: true });
    await bench.startDaemon().reconcile();
    expect(bench.store.list()).toEqual([]);
    expect(await bench.ledger.list()).toEqual([]);
  });
});
