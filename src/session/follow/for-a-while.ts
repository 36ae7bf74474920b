import { abortable } from '../../core/concurrency/index.js';

/** `ms` that whoever asks for sessions waits for what a guest has to tell, counted from when that began */
const LIMIT_MS = 5_000;

/** Resolves when the work is over, whatever comes of it, at the latest after a time that runs from now, whoever waits. */
export async function forAWhile(work: Promise<unknown>): Promise<void> {
  await abortable(work, AbortSignal.timeout(LIMIT_MS), () => undefined).catch(() => undefined);
}
