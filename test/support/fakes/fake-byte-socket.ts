import type { ByteSocket } from '../../../src/vm/hypervisor/qemu/byte-socket.js';

/** The VMM's end of a connection is in the test's hands. */
export class FakeByteSocket implements ByteSocket {
  readonly #closed = Promise.withResolvers<void>();
  readonly closed = this.#closed.promise;
  readonly sent: Buffer[] = [];
  unsentBytes = 0;
  #listener: (chunk: Buffer) => void = () => undefined;

  onData(listener: (chunk: Buffer) => void): void {
    this.#listener = listener;
  }

  send(bytes: Buffer | string): void {
    this.sent.push(Buffer.from(bytes));
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.#closed.resolve();
  }

  /** The peer says something. */
  receive(bytes: Buffer | string): void {
    this.#listener(Buffer.from(bytes));
  }

  /** The commands sent so far, syncs included. */
  commands(): { execute: string; id?: number; arguments?: Record<string, unknown> }[] {
    return this.sent.map((bytes) => {
      const text = bytes.subarray(bytes[0] === 0xff ? 1 : 0).toString();
      return JSON.parse(text) as { execute: string; id?: number; arguments?: Record<string, unknown> };
    });
  }

  /** Answers the last command. */
  answer(value: unknown): void {
    const id = this.commands().at(-1)?.id;
    this.receive(`${JSON.stringify({ return: value, id })}\n`);
  }
}
