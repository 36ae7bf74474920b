import { BangerError } from '../../core/errors/index.js';

/** What came with an image or a machine is no file system that can be used. */
export class FileSystemRefusedError extends BangerError<'IMAGE_CONTENT_REFUSED'> {
  constructor(facts: { image: string; part: string; reason: string }, cause?: unknown) {
    super('IMAGE_CONTENT_REFUSED', `the ${facts.part} cannot become part of the image "${facts.image}"`, {
      details: facts,
      why: facts.reason,
      fix: 'repair it where it is from (a VM: start it, and look at its console), or take another one',
      cause,
    });
  }
}
