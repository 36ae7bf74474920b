import { createHash } from 'node:crypto';

export interface DigestedImage {
  readonly kernelVersion: string;
  /** `bytes` */
  readonly diskBytes: number;
  readonly bootArguments: readonly string[];
  /** by name: size as it reads, and `sparseDigest` */
  readonly files: Readonly<Record<string, { readonly sizeBytes: number; readonly digest: string }>>;
}

/** `sha256:HEX` over all that a VM of the image boots from. The same digest means the same machine, whatever its name. */
export function imageDigest({ kernelVersion, diskBytes, bootArguments, files }: DigestedImage): string {
  const names = Object.keys(files).toSorted();
  const listed = names.map((name) => [name, files[name]?.sizeBytes, files[name]?.digest]);
  const text = JSON.stringify([kernelVersion, diskBytes, bootArguments, listed]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
