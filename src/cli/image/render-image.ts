import type { ImageSourceView, ImageView } from '../../contract/image.dto.js';

const DIGITS = 12;

/** The first digits of a digest, which tell it from others; `-` where there is none. */
export function shortDigest(digest: string): string {
  return digest === '' ? '-' : digest.replace(/^sha256:/, '').slice(0, DIGITS);
}

/** `pull docker.io/library/debian:12`; a registry's or a catalog's own digest is for `show`. */
export function sourceText({ source }: Pick<ImageView, 'source'>): string {
  if (source === undefined) return '-';
  return source.reference === undefined ? source.kind : `${source.kind} ${source.reference}`;
}

/** The same with the digest of what stood there. */
export function fullSourceText(source: ImageSourceView | undefined): string {
  const text = sourceText({ ...(source !== undefined && { source }) });
  return source?.digest === undefined ? text : `${text} (${source.digest})`;
}
