import { randomInt } from 'node:crypto';

/** 31 bits. */
export function randomId(): number {
  return randomInt(1, 2 ** 31);
}
