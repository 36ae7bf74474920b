import type { Guarantee } from '../guarantee.js';

/** What is promised to and of clients. */
export const PROTOCOL: readonly Guarantee[] = [
  {
    guarantee: 'A client that never reads, never writes or writes garbage costs the daemon a bounded amount',
    test: 'test/integration/rpc/bounds.spec.ts',
    mutations: [
      {
        file: 'src/core/rpc/outgoing-lines.ts',
        find: 'const congested = this.#unread > this.#limits.maxUnreadBytes;',
        replace: 'const congested = this.#unread > this.#limits.maxUnreadBytes * 1_000_000;',
      },
      {
        file: 'src/core/rpc/rpc-connection.ts',
        find: 'if (congested || this.#queue.bytes > limits.maxQueuedBytes) this.#socket.pause();',
        replace: 'if (congested) this.#socket.pause();',
      },
    ],
  },
];
