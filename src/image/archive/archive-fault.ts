import { printableBytes } from './printable-bytes.js';

/** What is wrong with an archive, in words that continue "this entry …". Those who know the image make it an error. */
export class ArchiveFault extends Error {
  override readonly name = 'ArchiveFault';
  /** the entry's name made printable; undefined where no entry is to blame */
  readonly part: string | undefined;

  constructor(
    readonly reason: string,
    name?: Buffer,
  ) {
    super(reason);
    this.part = name === undefined ? undefined : printableBytes(name);
  }
}
