import { createHash } from 'node:crypto';

export interface DigestedImage {
  readonly kernelVersion: string;
  /** `bytes` */
  readonly diskBytes: number;
  readonly bootArguments: readonly string[];
  /** by name: size as it reads, and `sparseDigest` */
  readonly files: Readonly<Record<string, { readonly sizeBytes: number; readonly digest: string }>>;
}

type Files = DigestedImage['files'];

/** `sha256:HEX` over a set of files, and whatever else tells one such set from another. */
export function filesDigest(facts: unknown, files: Files): string {
  const names = Object.keys(files).toSorted();
  const listed = names.map((name) => [name, files[name]?.sizeBytes, files[name]?.digest]);
  const text = JSON.stringify([facts, listed]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** `sha256:HEX` over all that a VM of the image boots from. The same digest means the same machine, whatever its name. */
export function imageDigest({ kernelVersion, diskBytes, bootArguments, files }: DigestedImage): string {
  return filesDigest([kernelVersion, diskBytes, bootArguments], files);
}
