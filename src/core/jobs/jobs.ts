import { Inject, Injectable } from '@nestjs/common';
import { toBangerError } from '../errors/index.js';
import { LOGGER } from '../logging/index.js';
import type { Logger } from '../logging/index.js';

/** What a job does in one round. The signal aborts when the daemon stops. */
type JobBody = (signal: AbortSignal) => Promise<void>;

/**
 * What the daemon does again and again without being asked. An `@Interval` method calls what `define` returns:
 *
 *     readonly #round = this.jobs.define('expiry', (signal) => this.#expire(signal));
 *     @Interval(5_000) tick(): Promise<void> { return this.#round(); }
 *
 * Nothing runs before books and machine agree, nor after the daemon was told to stop.
 */
@Injectable()
export class Jobs {
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #begun = false;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /**
   * A function that does one round and never rejects. While a round is under way another call joins it. A failure is
   * logged once, not again until the job has worked or fails otherwise.
   */
  define(name: string, body: JobBody): () => Promise<void> {
    let round: Promise<void> | undefined;
    const attempt = this.#withLog(name, body);
    return () => {
      if (!this.#begun || this.#stop.signal.aborted) return Promise.resolve();
      round ??= this.#track(attempt()).finally(() => (round = undefined));
      return round;
    };
  }

  /** From now on the jobs run. */
  begin(): void {
    this.#begun = true;
  }

  /** Lets no round begin any more and tells those under way; resolves when they have ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #withLog(name: string, body: JobBody): () => Promise<void> {
    let told: string | undefined;
    return async () => {
      try {
        await body(this.#stop.signal);
        if (told !== undefined) this.logger.info({ job: name }, 'a job works again');
        told = undefined;
      } catch (error) {
        const failure = toBangerError(error, `the job ${name}`);
        if (this.#stop.signal.aborted || told === failure.message) return;
        told = failure.message;
        this.logger.error({ job: name, err: failure }, 'a job failed; it is tried again');
      }
    };
  }

  async #track(running: Promise<void>): Promise<void> {
    this.#running.add(running);
    await running;
    this.#running.delete(running);
  }
}
