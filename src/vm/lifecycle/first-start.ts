import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { inOneLine, isItsFault, wouldKeepItFromBooting } from '../saving/blame.js';
import { Templates } from '../templates/templates.js';
import type { UsableTemplate } from '../templates/templates.js';
import { imageBases } from '../vm-disks.js';
import type { DiskBases } from '../vm-disks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { BootService } from './boot.service.js';
import type { CreateRequest } from './create-request.js';
import { MachineTeardown } from './machine-teardown.js';
import { VmStorage } from './vm-storage.js';

/** Gives a new VM its disks and starts it: as a clone of a template where there is one, and by booting otherwise. */
@Injectable()
export class FirstStart {
  constructor(
    private readonly templates: Templates,
    private readonly storage: VmStorage,
    private readonly boot: BootService,
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
  ) {}

  /** @returns whether it has booted */
  async run(request: CreateRequest, operation: OperationContext): Promise<{ vm: Vm; booted: boolean }> {
    const clone = request.cold ? undefined : await this.#clone(request, operation);
    if (clone !== undefined) return { vm: clone, booted: false };
    const { image } = request;
    // A clone that came to nothing may have left it a port and a user.
    const vm = await this.vms.require(request.vm.id);
    const stored = await this.#store({ ...request, vm }, imageBases(image), operation);
    return { vm: await this.boot.boot(stored, image, operation), booted: true };
  }

  /** Undefined when there is no template, or it is of no use: then nothing of the attempt is left. */
  async #clone(request: CreateRequest, operation: OperationContext): Promise<Vm | undefined> {
    const template = await this.templates.take(request.vm, (error) => tell(error, operation));
    if (template === undefined) return undefined;
    try {
      const vm = await this.#restore(request, template, operation);
      this.templates.succeed(template);
      return vm;
    } catch (error) {
      const failure = toBangerError(error, 'the template');
      if (operation.signal.aborted || wouldKeepItFromBooting(failure)) throw error;
      await this.teardown.end(request.vm);
      if (isItsFault(failure)) await this.templates.fail(template.id);
      tell(failure, operation);
      return undefined;
    } finally {
      await template.release();
    }
  }

  async #restore(
    request: CreateRequest,
    { bases, saved, adopter }: UsableTemplate,
    operation: OperationContext,
  ): Promise<Vm> {
    const stored = await this.#store(request, bases, operation);
    return this.boot.boot(stored, request.image, operation, { source: saved, adopter });
  }

  #store(request: CreateRequest, bases: DiskBases, operation: OperationContext): Promise<Vm> {
    return operation.step('disk.create', 'creating the disk', () =>
      this.storage.make(request, bases, operation.signal),
    );
  }
}

function tell(error: BangerError, operation: OperationContext): void {
  const gone = isItsFault(error) ? ' and is deleted' : '';
  operation.warn(`booted, since its template could not be used${gone}: ${inOneLine(error)}`);
}
