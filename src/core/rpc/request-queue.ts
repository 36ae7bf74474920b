import type { Reply } from './reply.js';
import type { RpcRequest } from './request-parser.js';

export interface WaitingRequest {
  readonly request: RpcRequest;
  readonly reply: Reply;
  /** what it takes of the bound, `bytes` of its line */
  readonly bytes: number;
}

/** Requests in the order of their arrival, found by id for a cancel. A Map keeps insertion order and forgets in O(1). */
export class RequestQueue {
  readonly #waiting = new Map<unknown, WaitingRequest>();
  #bytes = 0;

  get size(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(id: string | number): boolean {
    return this.#waiting.has(id);
  }

  add(entry: WaitingRequest): void {
    // Requests that share the id null, and notifications, stand for themselves.
    this.#waiting.set(entry.request.id ?? entry, entry);
    this.#bytes += entry.bytes;
  }

  shift(): WaitingRequest | undefined {
    for (const [key, entry] of this.#waiting) return this.#take(key, entry);
    return undefined;
  }

  remove(id: string | number): WaitingRequest | undefined {
    const entry = this.#waiting.get(id);
    return entry === undefined ? undefined : this.#take(id, entry);
  }

  clear(): void {
    this.#waiting.clear();
    this.#bytes = 0;
  }

  #take(key: unknown, entry: WaitingRequest): WaitingRequest {
    this.#waiting.delete(key);
    this.#bytes -= entry.bytes;
    return entry;
  }
}
