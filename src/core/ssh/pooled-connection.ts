import { connectWhenReady } from './connect-when-ready.js';
import type { SshChannel, SshClient, SshCommand, SshConnection, SshTarget } from './ssh-client.js';
import { SshConnectError } from './ssh-errors.js';

/** sshd takes ten sessions on a connection (MaxSessions); some are left for those just ending there */
const CHANNELS_PER_CONNECTION = 8;
const CONNECT_MS = 60_000;

interface Line {
  readonly connection: SshConnection;
  channels: number;
}

/** What looks like one connection to a VM: as many real ones as its running commands need, remade when they break. */
export class PooledConnection implements SshConnection {
  readonly closed: Promise<void>;
  readonly #client: SshClient;
  readonly #target: SshTarget;
  readonly #lines = new Set<Line>();
  readonly #stop = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #connecting: Promise<Line> | undefined;
  #opened = 0;

  constructor(client: SshClient, target: SshTarget) {
    this.#client = client;
    this.#target = target;
    this.closed = this.#stopped.promise;
  }

  leadsTo(target: SshTarget): boolean {
    const { host, port, username, privateKey, hostKey } = this.#target;
    return (
      host === target.host &&
      port === target.port &&
      username === target.username &&
      privateKey === target.privateKey &&
      hostKey === target.hostKey
    );
  }

  /** Commands on it: how many run, and how many there have been. */
  get commands(): { running: number; ever: number } {
    let running = 0;
    for (const { channels } of this.#lines) running += channels;
    return { running, ever: this.#opened };
  }

  adopt(connection: SshConnection): Line {
    const line: Line = { connection, channels: 0 };
    this.#lines.add(line);
    void connection.closed.then(() => this.#lines.delete(line));
    if (this.#stop.signal.aborted) connection.close();
    return line;
  }

  /** Makes sure that there is a connection. @param deadlineMs as performance.now() counts */
  async prepare(deadlineMs: number): Promise<void> {
    if (this.#lines.size === 0) await this.#connect(deadlineMs);
  }

  async open(command: SshCommand): Promise<SshChannel> {
    this.#opened += 1;
    for (let retried = false; ; retried = true) {
      const line = await this.#reserve();
      try {
        const channel = await line.connection.open(command);
        void channel.exited.then(() => this.#release(line));
        return channel;
      } catch (error) {
        this.#release(line);
        // The connection may have broken unnoticed while nobody used it; nothing has been started on it yet.
        if (retried || !(error instanceof SshConnectError) || error.reason !== 'lost') throw error;
        this.#lines.delete(line);
        line.connection.close();
      }
    }
  }

  /** Others share it; only the pool closes it. */
  close(): void {}

  shutDown(): void {
    this.#stop.abort(
      new SshConnectError('lost', this.#target.label ?? `${this.#target.host}:${this.#target.port}`),
    );
    for (const { connection } of this.#lines) connection.close();
    this.#lines.clear();
    this.#stopped.resolve();
  }

  async #reserve(): Promise<Line> {
    for (;;) {
      for (const line of this.#lines) {
        if (line.channels < CHANNELS_PER_CONNECTION) {
          line.channels += 1;
          return line;
        }
      }
      await this.#connect(performance.now() + CONNECT_MS);
    }
  }

  #release(line: Line): void {
    line.channels -= 1;
    // One connection is kept for the next command; the further ones end with the rush that needed them.
    if (line.channels === 0 && this.#lines.size > 1) {
      this.#lines.delete(line);
      line.connection.close();
    }
  }

  #connect(deadlineMs: number): Promise<Line> {
    this.#connecting ??= connectWhenReady(this.#client, this.#target, {
      deadlineMs,
      signal: this.#stop.signal,
    })
      .then((connection) => this.adopt(connection))
      .finally(() => {
        this.#connecting = undefined;
      });
    return this.#connecting;
  }
}
