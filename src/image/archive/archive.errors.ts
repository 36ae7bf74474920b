import { BangerError } from '../../core/errors/index.js';

/** An image's layers hold what banger does not put on a disk. `part`: the entry, made printable, or the layer. */
export class LayerRefusedError extends BangerError<'IMAGE_CONTENT_REFUSED'> {
  constructor(image: string, facts: { part: string; reason: string; cause?: unknown }) {
    super('IMAGE_CONTENT_REFUSED', `the content of the image "${image}" is refused`, {
      details: { image, part: facts.part, reason: facts.reason },
      why: `${facts.part} ${facts.reason}`,
      fix: 'pull it again in case it was damaged on its way; if it stays so, the image itself is broken or hostile: tell those who publish it, or take another one',
      cause: facts.cause,
    });
  }
}
