import { cancellation } from '../../core/errors/index.js';
import { abortable } from '../../core/concurrency/index.js';
import { DownloadBusyError, DownloadFailedError, DownloadStatusError } from './download.errors.js';
import type { HttpAnswer } from './http-client.js';
import type { Patience } from './patience.js';

/** `s` that are named to the user when the server named none */
const USUAL_PAUSE_S = 60;

/** Attempts at one thing: which failures pass, how long to wait, when to give up. */
export class Retries {
  #vain = 0;

  constructor(
    private readonly patience: Patience,
    private readonly signal: AbortSignal,
  ) {}

  /** The last attempt has brought something worth going on for. */
  progress(): void {
    this.#vain = 0;
  }

  /** Waits until the next attempt. @throws what was given, when there is to be none; CancelledError */
  async pauseAfter(failure: unknown): Promise<void> {
    this.#vain += 1;
    if (this.signal.aborted) throw cancellation(this.signal, 'the download');
    if (!isPassing(failure) || this.#vain >= this.patience.attempts) throw failure;
    const backOff = this.patience.backOffMs * 2 ** (this.#vain - 1);
    // Those whom one moment has thrown out shall not all be back in another.
    const wanted = backOff * (0.5 + Math.random());
    const asked = failure instanceof DownloadBusyError ? failure.askedPauseMs : undefined;
    if (asked !== undefined && asked > this.patience.maxPauseMs) throw failure;
    await pause(Math.min(Math.max(wanted, asked ?? 0), this.patience.maxPauseMs), this.signal);
  }
}

function isPassing(failure: unknown): boolean {
  if (failure instanceof DownloadFailedError) return failure.passing;
  if (failure instanceof DownloadStatusError) return failure.status >= 500 || failure.status === 408;
  return failure instanceof DownloadBusyError;
}

/** What a status says that is not success; its body is given up. */
export function statusFailure(answer: HttpAnswer, now: number): DownloadStatusError | DownloadBusyError {
  answer.discard();
  const asked = retryAfterMs(answer.header('retry-after'), now);
  if (answer.status === 429 || (answer.status === 503 && asked !== undefined)) {
    return new DownloadBusyError(
      answer.host,
      asked === undefined ? USUAL_PAUSE_S : Math.ceil(asked / 1000),
      asked,
    );
  }
  return new DownloadStatusError(answer.host, answer.status, answer.header('www-authenticate'));
}

const MAX_RETRY_AFTER_MS = 7 * 24 * 3600 * 1000;

/** `ms`, of seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.length > 64) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await abortable(promise, signal, () => cancellation(signal, 'the download'));
  } finally {
    clearTimeout(timer);
  }
}
