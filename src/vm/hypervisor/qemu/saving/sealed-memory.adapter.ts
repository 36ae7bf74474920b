import { closeSync, openSync, statSync } from 'node:fs';
import type { ProcessRunner } from '../../../../core/process/index.js';
import { sealedCopy } from './memory-descriptor.adapter.js';

interface Sealed {
  readonly descriptor: Promise<number>;
  expiry: NodeJS.Timeout | undefined;
}

/** `ms` without use after which the host gets the memory back: made again it takes 0.1 to 0.3 s */
const KEPT_MS = 10 * 60_000;
const MAX_KEPT = 4;

/**
 * Memories of saved machines, as descriptors that QEMU can be given. QEMU before 8.2 opens a memory file for writing even
 * where it only reads, so that a QEMU that a guest took over could change what the next machines begin as; a sealed
 * memory can be changed by nobody, and what is in it is shared by all machines that come of it.
 */
export class SealedMemories {
  /** by the file's stamp, used longest ago first */
  readonly #kept = new Map<string, Sealed>();

  constructor(private readonly runner: ProcessRunner) {}

  /**
   * Runs the body with a descriptor of the file's content, which is closed afterwards.
   * @throws VmmProtocolError, HostBinaryMissingError, ProcessFailedError
   */
  async use<T>(path: string, body: (descriptor: number) => Promise<T>): Promise<T> {
    const own = await this.#descriptor(path);
    try {
      return await body(own);
    } finally {
      closeSync(own);
    }
  }

  /** One that is the caller's to close. */
  async #descriptor(path: string): Promise<number> {
    const stamp = stampOf(path);
    const sealed: Sealed = this.#kept.get(stamp) ?? {
      descriptor: sealedCopy(this.runner, path),
      expiry: undefined,
    };
    this.#kept.delete(stamp);
    this.#kept.set(stamp, sealed);
    clearTimeout(sealed.expiry);
    sealed.expiry = setTimeout(() => this.#drop(stamp), KEPT_MS).unref();
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > MAX_KEPT && oldest.done !== true) this.#drop(oldest.value);
    try {
      // Its own, and before anything else is done with the one that is kept: that may be let go at any moment.
      return await sealed.descriptor.then((kept) => openSync(`/proc/self/fd/${kept}`, 'r'));
    } catch (error) {
      if (this.#kept.get(stamp) === sealed) this.#drop(stamp);
      throw error;
    }
  }

  #drop(stamp: string): void {
    const sealed = this.#kept.get(stamp);
    if (sealed === undefined) return;
    this.#kept.delete(stamp);
    clearTimeout(sealed.expiry);
    sealed.descriptor.then(closeSync).catch(() => undefined);
  }
}

/** Tells a file from others, and from what it was before a change; another name for it changes nothing. */
function stampOf(path: string): string {
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, mtimeNs].join(':');
}
