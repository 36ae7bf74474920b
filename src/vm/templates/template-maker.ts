import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { TimeoutError } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Machine, MachineSpec } from '../hypervisor/hypervisor.js';
import { leaveAdopter } from '../identity/adopt-identity.js';
import { VmPathFinder } from '../vm-paths.js';
import { settleGuest } from './settle-guest.js';
import { TemplatePreparer } from './template-preparer.js';
import type { TemplateOrder } from './template-preparer.js';
import { templateOwner, TemplateStore } from './template-store.js';

/**
 * The body of the operation `template.make`: boots a machine that has no name and no network, lets it come to rest, and
 * saves it. Until it is whole its things are where a VM of its id would have them.
 */
@Injectable()
export class TemplateMaker {
  constructor(
    private readonly config: Config,
    private readonly preparer: TemplatePreparer,
    private readonly hypervisor: Hypervisor,
    private readonly paths: VmPathFinder,
    private readonly ledger: Ledger,
    private readonly store: TemplateStore,
  ) {}

  async run(order: TemplateOrder, operation: OperationContext): Promise<void> {
    const { id, shape } = order;
    const owner = templateOwner(id);
    operation.rollback.add('the template', () => this.ledger.releaseOwner(owner));
    const spec = await operation.step('disk.create', 'creating the disk', () =>
      this.preparer.prepare(order, operation.signal),
    );
    const machine = await operation.step('machine.launch', 'starting the machine', () =>
      this.#launch(spec, operation.signal),
    );
    await operation.step('guest.boot', 'booting', () => this.#boot(machine, operation.signal));
    const adopter = await operation.step('guest.settle', 'waiting until it is at rest', async () => {
      await settleGuest(machine.agent, operation.signal);
      return leaveAdopter(machine.agent, operation.signal);
    });
    await operation.step('template.save', 'saving the machine', async () => {
      await machine.save({ signal: operation.signal });
      await this.ledger.releaseOwner(owner, ['process']);
    });
    await operation.step('template.publish', 'putting the template in place', async () => {
      const { directory, runtimeDirectory } = this.paths.of(id);
      await this.ledger.release('directory', runtimeDirectory);
      await this.ledger.releaseOwner(owner, ['uid']);
      const disks = spec.drives.filter(({ readOnly }) => !readOnly).map(({ path }) => path);
      await this.store.publish(directory, { id, shape, disks, adopter });
    });
  }

  async #launch(spec: MachineSpec, signal: AbortSignal): Promise<Machine> {
    const { id } = spec;
    const marker = this.hypervisor.processMarker(id);
    return this.ledger.make({ kind: 'process', key: id, owner: templateOwner(id), data: { marker } }, () =>
      this.hypervisor.launch(spec, {
        signal,
        onSpawn: (process) => this.ledger.update('process', id, { marker, process }),
      }),
    );
  }

  async #boot(machine: Machine, signal: AbortSignal): Promise<void> {
    const limit = new AbortController();
    const { bootTimeoutMs } = this.config.values;
    const timer = setTimeout(
      () => limit.abort(new TimeoutError('the boot of a template', bootTimeoutMs)),
      bootTimeoutMs,
    );
    try {
      await machine.agent.waitReady({ signal: AbortSignal.any([signal, limit.signal]) });
    } finally {
      clearTimeout(timer);
    }
  }
}
