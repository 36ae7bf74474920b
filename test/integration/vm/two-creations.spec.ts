import { expect, it } from 'vitest';
import type { Config } from '../../../src/core/config/index.js';
import type { ImageService } from '../../../src/image/index.js';
import type { CreateSteps } from '../../../src/vm/lifecycle/create-steps.js';
import { VmCreateService } from '../../../src/vm/lifecycle/create.service.js';
import type { VmChangeRunner } from '../../../src/vm/lifecycle/vm-change-runner.js';
import type { VmPreflight } from '../../../src/vm/lifecycle/vm-preflight.js';
import { VmEvents } from '../../../src/vm/vm-events.js';
import { VmRepository } from '../../../src/vm/vm.repository.js';
import { anImage } from '../database/support.js';
import { fixture } from '../operations/support.js';

/** Which of two commands comes first is chance, and mostly the second finds the name taken: here neither does. */
it('lets exactly one of two creations succeed that have both found their name free', async () => {
  const { database } = await fixture();
  const image = anImage('debian');
  await database.client.image.create({ data: image });
  const vms = new VmRepository(database, new VmEvents());
  const checked: boolean[] = [];
  const { promise: bothChecked, resolve: goOn } = Promise.withResolvers<void>();
  const check = async ({ name }: { name: string }): Promise<void> => {
    checked.push(await vms.nameIsFree(name));
    if (checked.length === 2) goOn();
    await bothChecked;
  };
  const service = new VmCreateService(
    { values: { vmDefaults: { cpus: 1, memoryMib: 1024 } } } as Config,
    { require: async () => ({ ...image, diskBytes: 1024 ** 3 }) } as unknown as ImageService,
    vms,
    { begin: async () => ({}) } as unknown as VmChangeRunner,
    { diskBackend: async () => 'qcow2', check } as unknown as VmPreflight,
    {} as CreateSteps,
  );
  const create = (): Promise<unknown> =>
    service.begin({ params: { name: 'twin' }, project: undefined }, new AbortController().signal);
  const outcomes = await Promise.allSettled([create(), create()]);
  expect(checked).toEqual([true, true]);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused.map(({ reason }) => reason as unknown)).toMatchObject([{ kind: 'VM_NAME_TAKEN' }]);
  expect((await vms.list()).map(({ name }) => name)).toEqual(['twin']);
});
