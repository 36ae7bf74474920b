import { createHash } from 'node:crypto';

/** A file of an image. */
export interface ImageFileFacts {
  readonly name: string;
  /** as it reads, holes and all; `bytes` */
  readonly sizeBytes: number;
  /** `sparseDigest` of src/host, hex */
  readonly digest: string;
}

/** What an image does when it boots follows from these, and from nothing else. */
export interface ImageDigestFacts {
  readonly kernelVersion: string;
  /** in their order */
  readonly bootArguments: readonly string[];
  /** `bytes` */
  readonly diskBytes: number;
  /** in any order */
  readonly files: readonly ImageFileFacts[];
}

/** Told apart from whatever a later banger may make digests of. */
const FORM = 'banger-image-1';

/**
 * The digest that an image is known by wherever it lies, `sha256:HEX`. Names that people give it, and where it came
 * from, do not count: the same bytes that boot the same way are the same image.
 */
export function imageDigest(facts: ImageDigestFacts): string {
  const files = sortedFiles(facts.files);
  // JSON of arrays has one form for each value, so that no two images run together
  const text = JSON.stringify([FORM, facts.kernelVersion, facts.bootArguments, facts.diskBytes, files]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** `sha256:HEX` over other files that belong together, and a word on what they are. */
export function filesDigest(what: string, files: readonly ImageFileFacts[]): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify([what, sortedFiles(files)]))
    .digest('hex')}`;
}

function sortedFiles(files: readonly ImageFileFacts[]): (readonly [string, number, string])[] {
  const listed = files.map(({ name, sizeBytes, digest }) => [name, sizeBytes, digest] as const);
  // by code units: the order must be the same under every locale
  return listed.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)));
}
