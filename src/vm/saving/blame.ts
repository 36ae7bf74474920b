import type { BangerError } from '../../core/errors/index.js';

/**
 * Whether a machine that did not go on is of no use any more: what is wrong with the host, or with what else the VM
 * needs, is no reason to delete what it was saved in.
 */
export function isItsFault({ kind, category, details }: BangerError): boolean {
  if (category === 'exhausted' || category === 'conflict' || category === 'cancelled') return false;
  if (kind === 'HOST_BINARY_MISSING' || kind === 'PERMISSION_DENIED') return false;
  return !('portConflict' in details && details.portConflict === true);
}

/** A full disk or a port that is taken would keep it from booting as well. */
export function wouldKeepItFromBooting({ category }: BangerError): boolean {
  return category === 'exhausted' || category === 'conflict' || category === 'cancelled';
}

/** `message (why)` */
export function inOneLine({ message, why }: BangerError): string {
  return why === undefined ? message : `${message} (${why})`;
}
