import { Injectable } from '@nestjs/common';

/** When this daemon began, and the one way to ask it to end. */
@Injectable()
export class DaemonLifetime {
  readonly pid = process.pid;
  readonly startedAt = new Date();
  readonly #stop = Promise.withResolvers<string>();

  /** Resolves, with the reason, when somebody wants the daemon to stop. */
  get stopRequested(): Promise<string> {
    return this.#stop.promise;
  }

  requestStop(reason: string): void {
    this.#stop.resolve(reason);
  }
}
