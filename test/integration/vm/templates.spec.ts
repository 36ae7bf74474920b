import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { BangerError } from '../../../src/core/errors/index.js';
import { createLogger } from '../../../src/core/logging/index.js';
import type { TemplateProduction } from '../../../src/vm/templates/template-production.js';
import type { TemplateShapes } from '../../../src/vm/templates/template-shapes.js';
import type { TemplateShape } from '../../../src/vm/templates/template.types.js';
import { Templates } from '../../../src/vm/templates/templates.js';
import type { VmDisks } from '../../../src/vm/vm-disks.js';
import { SHAPE, TemplateBench } from './support/template-bench.js';

/** What a new VM of the shape that the bench's templates have finds on a host. */
async function taken(bench: TemplateBench, here: Partial<TemplateShape>) {
  const shape = { ...SHAPE, ...here };
  const shapes = {
    of: async () => shape,
    misfit: async ({ version, processor }: TemplateShape) =>
      version === shape.version && processor === shape.processor ? undefined : 'the host has changed',
  };
  const templates = new Templates(
    bench.config,
    { basesIn: () => ({}) } as unknown as VmDisks,
    shapes as unknown as TemplateShapes,
    bench.store,
    {} as unknown as TemplateProduction,
    createLogger({ level: 'silent' }),
  );
  const told: BangerError[] = [];
  const usable = await templates.take({ ...SHAPE, workDiskMib: SHAPE.workDiskMib }, (error) =>
    told.push(error),
  );
  await usable?.release();
  return { id: usable?.id, told: told.map(({ kind, message }) => `${kind}: ${message}`) };
}

it('a template that the host has outgrown is told and deleted; those for other VMs are not', async () => {
  const bench = await TemplateBench.open();
  const old = await bench.publish('tpl_old', { version: 'older' });
  const large = await bench.publish('tpl_large', { version: 'older', memoryMib: 4096 });
  const other = await bench.publish('tpl_kvm', { accelerator: 'kvm' });
  expect(await taken(bench, {})).toEqual({
    id: undefined,
    told: ['TEMPLATE_OUTDATED: the template tpl_old is of no use any more: the host has changed'],
  });
  expect([old, large, other].map(existsSync)).toEqual([false, true, true]);
  expect(await taken(bench, {})).toEqual({ id: undefined, told: [] });
  await bench.publish('tpl_new');
  expect(await taken(bench, {})).toEqual({ id: 'tpl_new', told: [] });
  expect(await taken(bench, { processor: 'other' })).toMatchObject({
    told: [expect.stringContaining('tpl_new')],
  });
});
