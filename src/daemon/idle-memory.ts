import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';

const LOOK_EVERY_MS = 15_000;
/** `ms` of CPU time: below it nothing went on since the last look */
const QUIET_MS = 75;
/** `ms` of CPU time: what was done since the last collection that makes another worth its cost, about 50 */
const WORTH_MS = 250;

/**
 * Gives memory back when work is over. V8 collects when something allocates: a daemon that idles after an image
 * build would keep all that the build left behind until the next one.
 */
@Injectable()
export class IdleMemory implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #collectedAt = 0;
  #lookedAt = 0;

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = usedCpuMs();
    const isQuiet = now - this.#lookedAt < QUIET_MS;
    this.#lookedAt = now;
    if (!isQuiet || now - this.#collectedAt < WORTH_MS) return;
    // there with --expose-gc, which scripts/bangerd.sh gives; without it the daemon is only larger
    globalThis.gc?.();
    this.#collectedAt = usedCpuMs();
    this.#lookedAt = this.#collectedAt;
  }
}

function usedCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
