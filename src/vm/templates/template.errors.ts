import { BangerError } from '../../core/errors/index.js';

/** One of its files is not what was put there. */
export class TemplateDamagedError extends BangerError<'TEMPLATE_DAMAGED'> {
  constructor(template: string, image: string, reason: string) {
    super('TEMPLATE_DAMAGED', `the template ${template} is damaged: ${reason}`, {
      details: { template, image, reason },
      why: 'its files were changed from outside, or the storage below them is failing',
      fix: 'nothing: it is deleted, and the VM boots; another is made in the background',
    });
  }
}

/** It was saved by another hypervisor, on another processor, or by another version of banger. */
export class TemplateOutdatedError extends BangerError<'TEMPLATE_OUTDATED'> {
  constructor(template: string, image: string, reason: string) {
    super('TEMPLATE_OUTDATED', `the template ${template} is of no use any more: ${reason}`, {
      details: { template, image, reason },
      fix: 'nothing: it is deleted, and the VM boots; another is made in the background',
    });
  }
}

export class TemplatesUnavailableError extends BangerError<'TEMPLATES_UNAVAILABLE'> {
  constructor(reason: string, fix: string) {
    super('TEMPLATES_UNAVAILABLE', 'no template can be made here', { details: { reason }, why: reason, fix });
  }
}
