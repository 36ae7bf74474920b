import { BangerError } from '../../core/errors/index.js';

/** A tree out of a registry lacks what it would take to make a machine of it. */
export class ImageNotProvisionableError extends BangerError<'IMAGE_NOT_PROVISIONABLE'> {
  constructor(facts: { image: string; reason: string; stderrTail: string; fix: string; cause?: unknown }) {
    super('IMAGE_NOT_PROVISIONABLE', `no machine can be made of the image "${facts.image}"`, {
      details: { image: facts.image, reason: facts.reason, stderrTail: facts.stderrTail },
      why: facts.reason,
      fix: facts.fix,
      cause: facts.cause,
    });
  }
}
