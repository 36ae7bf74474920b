export { KeyedLock } from './keyed-lock.js';
export { Rollback } from './rollback.js';
