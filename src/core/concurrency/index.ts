export { abortable } from './abortable.js';
export { KeyedLock } from './keyed-lock.js';
export { KeyedQueue } from './keyed-queue.js';
export { apart } from './lock-order.js';
export { Rollback } from './rollback.js';
