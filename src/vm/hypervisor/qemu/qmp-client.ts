import { VmmProtocolError } from '../hypervisor.errors.js';
import type { ByteSocket } from './byte-socket.js';
import { RequestChannel } from './request-channel.js';
import type { ChannelFailure } from './request-channel.js';
import { isRecord } from './qmp-protocol.js';
import type { QmpMessage } from './qmp-protocol.js';

/** QEMU's longest answers are some KiB; a QEMU that a guest took over may send anything. */
const MAX_LINE_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Something that QEMU tells unasked. What is in `data` is a hostile QEMU's to choose. */
export interface QmpEvent {
  readonly name: string;
  readonly data: unknown;
}

/** QEMU's machine protocol on one connection. */
export class QmpClient {
  #shutdownReason: string | undefined;

  private constructor(private readonly channel: RequestChannel) {}

  /** resolves when the connection has ended; never rejects */
  get closed(): Promise<void> {
    return this.channel.closed;
  }

  /** what QEMU said of its end, before it ended: `guest-shutdown`, `host-signal`, … */
  get shutdownReason(): string | undefined {
    return this.#shutdownReason;
  }

  /** Waits for the greeting and negotiates. @throws VmmProtocolError; the reason of the abort */
  static async open(
    socket: ByteSocket,
    signal: AbortSignal,
    onEvent: (event: QmpEvent) => void = () => undefined,
  ): Promise<QmpClient> {
    const greeted = Promise.withResolvers<'greeting' | 'closed'>();
    const events: { listener?: (message: QmpMessage) => void } = {};
    const channel = new RequestChannel(socket, {
      maxLineBytes: MAX_LINE_BYTES,
      onOther: (message) => {
        if (message.type === 'greeting') greeted.resolve('greeting');
        else events.listener?.(message);
        if (message.type === 'event') onEvent(message);
      },
    });
    void socket.closed.then(() => greeted.resolve('closed'));
    const onAbort = (): void => socket.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      const outcome = await greeted.promise;
      signal.throwIfAborted();
      if (outcome === 'closed') throw new VmmProtocolError('greeting', 'the connection was closed');
      const client = new QmpClient(channel);
      events.listener = (message) => client.#hear(message);
      await client.execute('qmp_capabilities');
      return client;
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** @throws VmmProtocolError */
  async execute(
    command: string,
    args?: Record<string, unknown>,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<unknown> {
    const result = await this.channel.request(command, args, timeoutMs);
    if ('failure' in result) throw new VmmProtocolError(command, describe(result.failure));
    return result.value;
  }

  close(): void {
    this.channel.close();
  }

  #hear(message: QmpMessage): void {
    if (message.type !== 'event' || message.name !== 'SHUTDOWN' || !isRecord(message.data)) return;
    const { reason } = message.data;
    if (typeof reason === 'string') this.#shutdownReason = reason;
  }
}

function describe(failure: ChannelFailure): string {
  switch (failure.type) {
    case 'refused':
      return failure.reason;
    case 'timeout':
      return `no answer in ${failure.afterMs / 1000} s`;
    case 'oversized':
      return 'an answer past the bound';
    case 'closed':
      return 'the connection was closed';
  }
}
