import { DiskFullError, isKind } from '../../core/errors/index.js';
import type { HostFacts } from '../../host/index.js';
import { saysNoRoom } from '../image.errors.js';

const LOOK_EVERY_MS = 5_000;
const QUIET_MS = 20_000;
/** `bytes` with which no build goes on: what comes after needs hundreds of MiB. */
const NO_ROOM_BYTES = 32 * 1024 ** 2;

/**
 * Notices that a program of a build fails, or waits for ever, because a file system became full under it. apt-get
 * update does wait so (2.6: every other time when its lists are what fills the disk), and dpkg's complaint is followed
 * by pages of others.
 */
export class RoomWatch {
  readonly #full = new AbortController();
  #complained = false;
  #heardAt = performance.now();

  /** @param places the directories that the program writes to; the first is the one to name where it is not known */
  constructor(
    private readonly facts: Pick<HostFacts, 'freeBytes'>,
    private readonly places: readonly [string, ...string[]],
  ) {}

  /** To be told of each line that the program writes. */
  heard(line: string): void {
    this.#heardAt = performance.now();
    this.#complained ||= saysNoRoom(line);
  }

  /** @throws DiskFullError when that is why the program failed or stood still; else what the program throws */
  async over<T>(signal: AbortSignal, program: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    try {
      return await program(AbortSignal.any([signal, this.#full.signal]));
    } catch (error) {
      throw this.#complained && isKind(error, 'PROCESS_FAILED')
        ? new DiskFullError(this.places[0], error)
        : error;
    } finally {
      clearInterval(timer);
    }
  }

  async #look(): Promise<void> {
    if (performance.now() - this.#heardAt < QUIET_MS) return;
    for (const place of this.places) {
      const free = await this.facts.freeBytes(place).catch(() => Infinity);
      if (free < NO_ROOM_BYTES) this.#full.abort(new DiskFullError(place));
    }
  }
}
