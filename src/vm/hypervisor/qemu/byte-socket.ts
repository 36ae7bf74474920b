/** A connected stream socket, as the protocol clients see it. */
export interface ByteSocket {
  /** settles when the connection is over, whoever ended it; what was received before has been delivered */
  readonly closed: Promise<void>;
  /** accepted by `send` and not yet by the kernel */
  readonly unsentBytes: number;
  /** Nothing is read before the first listener is there. */
  onData(listener: (chunk: Buffer) => void): void;
  /** Does nothing once the connection is over. */
  send(bytes: Buffer | string): void;
  pause(): void;
  resume(): void;
  close(): void;
}
