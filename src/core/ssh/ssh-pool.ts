import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { abortable } from '../concurrency/index.js';
import { cancellation } from '../errors/index.js';
import { PooledConnection } from './pooled-connection.js';
import { SshClient } from './ssh-client.js';
import type { SshConnection, SshTarget } from './ssh-client.js';

export interface PoolGetOptions {
  readonly signal?: AbortSignal;
  /** `ms`, as performance.now() counts, until which it is tried; 60 s from now when left out */
  readonly deadlineMs?: number;
}

/** Just after its boot, emulated on a busy host, a guest was seen to take more than 20 s for one key exchange. `ms` */
const DEFAULT_WAIT_MS = 60_000;

/** Keeps the SSH connections of running VMs, so that a command costs no key exchange. */
@Injectable()
export class SshPool implements OnApplicationShutdown {
  readonly #entries = new Map<string, PooledConnection>();

  constructor(private readonly client: SshClient) {}

  /**
   * The shared connection of a VM; made when there is none, or when the old one broke. Closing what is returned does
   * nothing: `drop` does. @throws SshConnectError, CancelledError
   */
  async get(id: string, target: SshTarget, options: PoolGetOptions = {}): Promise<SshConnection> {
    const entry = this.#entryFor(id, target);
    const { signal, deadlineMs = performance.now() + DEFAULT_WAIT_MS } = options;
    // Shared with others: a caller that gives up ends its waiting alone.
    await abortable(entry.prepare(deadlineMs), signal, () => cancellation(signal, 'connecting to the guest'));
    return entry;
  }

  /** Adopts a connection that was made elsewhere. */
  put(id: string, target: SshTarget, connection: SshConnection): void {
    this.#entryFor(id, target).adopt(connection);
  }

  /** Commands on a VM's connections: how many run, and how many there have been since it was first connected to. */
  commands(id: string): { running: number; ever: number } {
    return this.#entries.get(id)?.commands ?? { running: 0, ever: 0 };
  }

  /** Closes the connections of a VM and ends what runs on them. None is fine. */
  drop(id: string): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.shutDown();
  }

  onApplicationShutdown(): void {
    for (const id of this.#entries.keys()) this.drop(id);
  }

  #entryFor(id: string, target: SshTarget): PooledConnection {
    const existing = this.#entries.get(id);
    if (existing?.leadsTo(target) === true) return existing;
    this.drop(id);
    const entry = new PooledConnection(this.client, target);
    this.#entries.set(id, entry);
    return entry;
  }
}
