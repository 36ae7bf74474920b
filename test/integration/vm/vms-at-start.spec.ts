import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { VmReconciler } from '../../../src/vm/lifecycle/reconcile.service.js';
import { VmsAtStart } from '../../../src/vm/lifecycle/vms-at-start.js';
import { OrphanedOwners } from '../../../src/vm/records/orphaned-owners.js';
import type { VmRecords } from '../../../src/vm/records/vm-records.js';
import type { TemplateStore } from '../../../src/vm/templates/template-store.js';
import { VmEvents } from '../../../src/vm/vm-events.js';
import { VmRepository } from '../../../src/vm/vm.repository.js';
import { fixture } from '../operations/support.js';

it('a start of the daemon releases what belongs to nobody, but no disk of a VM whose row was lost', async () => {
  const { database, ledger } = await fixture();
  const undone: string[] = [];
  ledger.registerUndo('directory', async ({ key }) => void undone.push(key));
  for (const id of ['vm_gone', 'vm_lost'])
    await ledger.make({ kind: 'directory', key: `/vms/${id}`, owner: { type: 'vm', id } }, async () => id);
  const vms = new VmRepository(database, new VmEvents());
  // the record beside its disk, from which doctor --fix makes the row anew
  const records = { read: async (id: string) => (id === 'vm_lost' ? {} : undefined) };
  const start = new VmsAtStart(
    vms,
    {} as VmReconciler,
    ledger,
    new OrphanedOwners(ledger, vms, records as unknown as VmRecords),
    {} as TemplateStore,
    pino({ level: 'silent' }),
  );
  await start.run();
  expect(undone).toEqual(['/vms/vm_gone']);
  expect((await ledger.list()).map(({ key }) => key)).toEqual(['/vms/vm_lost']);
});
