/** Bounds of the server; every one has a default, so that none is ever absent. */
export interface RpcLimits {
  /** `bytes` of one line, a request or a batch; a longer one is answered with LIMIT_EXCEEDED and the connection closed */
  readonly maxLineBytes: number;
  /** requests of a batch */
  readonly maxBatchLength: number;
  /** objects and arrays within each other in a request's params */
  readonly maxJsonDepth: number;
  /** requests of one connection at work; further ones wait */
  readonly maxInFlight: number;
  /** `bytes` of waiting requests; beyond it the connection is not read */
  readonly maxQueuedBytes: number;
  /** `bytes` that a client has not read; beyond it its requests wait, its streams pause, and it is not read */
  readonly maxUnreadBytes: number;
  /** `bytes` that a client has not read; beyond it the connection is closed. What is at work can add to the above */
  readonly hardMaxUnreadBytes: number;
  /** `ms` that a line may take from its first byte to its newline */
  readonly partialLineTimeoutMs: number;
  /** connections at once, byte channels among them */
  readonly maxConnections: number;
  /** `ms` that requests at work and unread output get when the server closes */
  readonly drainMs: number;
}

export const DEFAULT_RPC_LIMITS: RpcLimits = Object.freeze({
  maxLineBytes: 4_194_304,
  maxBatchLength: 1_000,
  maxJsonDepth: 32,
  maxInFlight: 128,
  maxQueuedBytes: 1_048_576,
  maxUnreadBytes: 1_048_576,
  hardMaxUnreadBytes: 67_108_864,
  partialLineTimeoutMs: 30_000,
  maxConnections: 4_000,
  drainMs: 2_000,
});
