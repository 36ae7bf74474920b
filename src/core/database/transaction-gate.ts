import { DriverAdapterError } from '@prisma/driver-adapter-utils';

/**
 * Who may use the one connection: a transaction holds it from BEGIN to its end, a query outside for its own moment.
 * First come, first served. Without it a write made beside an open transaction would become part of it, and be lost
 * with its rollback although it had been acknowledged: the published better-sqlite3 adapter does that.
 */
export class TransactionGate {
  readonly #waiting: (() => void)[] = [];
  #held = false;

  /** @param maxWaitMs bounds the wait, `ms`: a query through the outer client within a transaction would wait for itself */
  constructor(private readonly maxWaitMs: number) {}

  /** Runs a synchronous body while nobody holds the connection. @throws DriverAdapterError SocketTimeout (P1008) */
  async pass<T>(body: () => T): Promise<T> {
    if (!this.#held) return body();
    const leave = await this.enter();
    try {
      return body();
    } finally {
      leave();
    }
  }

  /** Waits for the connection and holds it until the function returned is called. @throws as `pass` */
  async enter(): Promise<() => void> {
    if (this.#held) await this.#turn();
    this.#held = true;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#passOn();
    };
  }

  /** The gate stays held while it changes hands, so that nobody slips in between. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next();
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const granted = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(granted), 1);
        reject(
          new DriverAdapterError({
            kind: 'SocketTimeout',
            originalMessage: `waited ${this.maxWaitMs} ms for a transaction to end; was the outer client used inside its callback?`,
          }),
        );
      }, this.maxWaitMs);
      this.#waiting.push(granted);
    });
  }
}
