import { resolve } from 'node:path';

/** Root of the checkout under test. */
export const REPOSITORY = resolve(import.meta.dirname, '../..');
