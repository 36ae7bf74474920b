/** Of all NICs together, since the machine's start, as the guest sees it. */
export interface NetworkCounters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface GuestExecOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface GuestExecResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** The guest's control channel: the guest agent's JSON protocol. No network needed; every reply is bounded. */
export interface GuestAgent {
  /**
   * Waits until the agent answers. Its first sync request waits in the socket for the guest.
   * @throws CancelledError, or the BangerError that is the reason of the abort; GuestAgentError when the VMM is gone
   */
  waitReady(options: { signal: AbortSignal }): Promise<void>;
  /** `timeoutMs` 2000 when left out. @throws GuestAgentError */
  ping(options?: { timeoutMs?: number }): Promise<void>;
  /** `ms` since 1970 by the guest's clock, with fractions. @throws GuestAgentError */
  time(): Promise<number>;
  /**
   * Writes down what the file systems have in memory, and keeps everything from writing to them until `thaw`, the
   * commands of this agent that need a program included. @throws GuestAgentError: they are thawed then
   */
  freeze(): Promise<void>;
  /** Not frozen is success. @throws GuestAgentError */
  thaw(): Promise<void>;
  /**
   * What the guest's own kernel counts, all NICs but the loopback. Starts no program in the guest. `timeoutMs` 2000
   * when left out. @throws GuestAgentError
   */
  network(options?: { timeoutMs?: number }): Promise<NetworkCounters>;
  /**
   * Runs a program in the guest, looked up in its PATH, and collects its output: 1.5 MiB in all, more fails.
   * `timeoutMs` is 30000 when left out; timeout and abort kill the program in the guest. Death by a signal is exit
   * code 128 + its number; a program that cannot be started is 127, as in a shell.
   * @throws GuestAgentError, TimeoutError, CancelledError
   */
  exec(argv: readonly string[], options?: GuestExecOptions & { stdin?: Buffer }): Promise<GuestExecResult>;
}

/**
 * Name of the port by which a process of the guest can be told something without the agent; the guest finds it in
 * /sys/class/virtio-ports.
 */
export const TELL_PORT = 'banger.tell.0';

export interface TellOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
