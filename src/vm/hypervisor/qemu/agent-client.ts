import { abortable } from '../../../core/concurrency/index.js';
import { BangerError, cancellation, TimeoutError } from '../../../core/errors/index.js';
import { GuestAgentError } from '../hypervisor.errors.js';
import type { GuestAgent, GuestExecOptions, GuestExecResult, NetworkCounters } from '../guest-channels.js';
import {
  isExecNotFound,
  parseExecStarted,
  parseExecStatus,
  parseInterfaces,
  syncRequest,
} from './agent-protocol.js';
import type { ByteSocket } from './byte-socket.js';
import { RequestChannel } from './request-channel.js';
import type { ChannelFailure } from './request-channel.js';

/** Base64 of 1.5 MiB of output; the agent itself allows 16 MiB, which take an emulated guest half a minute. */
const MAX_LINE_BYTES = 2 * 1024 * 1024;
const PING_TIMEOUT_MS = 2_000;
const EXEC_TIMEOUT_MS = 30_000;
/** one command; the agent does nothing in it but start a program or look at one */
const COMMAND_TIMEOUT_MS = 30_000;
/** what the guest has in memory has to go to its disks */
const FREEZE_TIMEOUT_MS = 60_000;
const POLL_MIN_MS = 1;
const POLL_MAX_MS = 50;
/** To look at a program costs an emulated guest 3 ms of the CPU that the program needs: between two looks it has this. */
const POLL_PAUSE_PER_LOOK = 5;
/** of what the program has taken so far: by how much its end may be seen late */
const POLL_SHARE = 0.1;
/**
 * The request waits in the socket until the guest opens its port, so once is enough; sent every 0.1 s the answers pile
 * up and the two never came together. The slow repeat is for a guest whose agent died with the request in its hands.
 */
const SYNC_REPEAT_MS = 10_000;
const NOT_FOUND_EXIT_CODE = 127;

/** The QEMU guest agent on one connection. The peer is the guest: hostile, and at liberty to answer late or never. */
export class AgentClient implements GuestAgent {
  readonly #channel: RequestChannel;
  readonly #synced = Promise.withResolvers<void>();
  readonly #syncIds = new Set<number>();
  readonly #syncTimer: NodeJS.Timeout;
  /** tail of the queue: one command at a time */
  #queue: Promise<unknown> = this.#synced.promise;
  #closed = false;

  /** @param randomId 31 bits that an answer to an earlier connection does not have */
  constructor(
    private readonly vm: string,
    socket: ByteSocket,
    private readonly randomId: () => number,
  ) {
    this.#channel = new RequestChannel(
      socket,
      {
        maxLineBytes: MAX_LINE_BYTES,
        onOther: (message) => {
          if (message.type === 'return' && this.#syncIds.has(Number(message.value))) this.#onSynced();
        },
      },
      randomId(),
    );
    this.#sendSync();
    this.#syncTimer = setInterval(() => this.#sendSync(), SYNC_REPEAT_MS).unref();
    void socket.closed.then(() => {
      this.#closed = true;
      this.#onSynced();
    });
  }

  async waitReady({ signal }: { signal: AbortSignal }): Promise<void> {
    await abortable(this.#synced.promise, signal, () => cancellation(signal, 'waiting for the guest agent'));
    this.#checkOpen();
  }

  async ping({ timeoutMs = PING_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<void> {
    await this.#command('guest-ping', undefined, timeoutMs);
  }

  /** Asked in one small message; a program that prints the time would cost 50 ms. */
  async time(): Promise<number> {
    const nanoseconds = await this.#command('guest-get-time', undefined, PING_TIMEOUT_MS);
    if (typeof nanoseconds !== 'number' || !Number.isFinite(nanoseconds))
      throw new GuestAgentError(this.vm, 'nonsense in answer to guest-get-time');
    return nanoseconds / 1e6;
  }

  async freeze(): Promise<void> {
    try {
      await this.#command('guest-fsfreeze-freeze', undefined, FREEZE_TIMEOUT_MS);
    } catch (error) {
      await this.thaw().catch(() => undefined);
      throw error;
    }
  }

  async thaw(): Promise<void> {
    await this.#command('guest-fsfreeze-thaw', undefined, COMMAND_TIMEOUT_MS);
  }

  async network({ timeoutMs = PING_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<NetworkCounters> {
    const counters = parseInterfaces(
      await this.#command('guest-network-get-interfaces', undefined, timeoutMs),
    );
    if (counters === undefined)
      throw new GuestAgentError(this.vm, 'nonsense in answer to guest-network-get-interfaces');
    return counters;
  }

  async exec(
    argv: readonly string[],
    options: GuestExecOptions & { stdin?: Buffer } = {},
  ): Promise<GuestExecResult> {
    const run: GuestRun = { what: `${argv[0] ?? ''} in the guest`, pid: undefined, givenUp: false };
    return this.#within(options, run, () => this.#run(argv, options.stdin, run));
  }

  close(): void {
    this.#channel.close();
  }

  async #within(
    { timeoutMs = EXEC_TIMEOUT_MS, signal }: GuestExecOptions,
    run: GuestRun,
    body: () => Promise<GuestExecResult>,
  ): Promise<GuestExecResult> {
    if (signal?.aborted === true) throw cancellation(signal, run.what);
    const limits = watchLimits(signal, timeoutMs, run.what);
    const result = body();
    try {
      const outcome = await Promise.race([result, limits.stopped]);
      if (!(outcome instanceof BangerError)) return outcome;
      run.givenUp = true;
      result.catch(() => undefined);
      // A guest that has not even answered the start is killed in when it does; nobody can wait for that.
      if (run.pid !== undefined) await this.#killInGuest(run.pid);
      throw outcome;
    } finally {
      limits.dispose();
    }
  }

  /** Runs to the end, or until nobody waits any more. */
  async #run(argv: readonly string[], stdin: Buffer | undefined, run: GuestRun): Promise<GuestExecResult> {
    const started = await this.#start(argv, stdin);
    if (typeof started !== 'number') return started;
    if (run.givenUp) await this.#killInGuest(started);
    run.pid = started;
    return this.#end(started, run);
  }

  async #end(pid: number, run: GuestRun): Promise<GuestExecResult> {
    const since = performance.now();
    for (;;) {
      const asked = performance.now();
      const status = await this.#status(pid);
      if (status !== 'running') return status;
      if (run.givenUp) throw new GuestAgentError(this.vm, 'the program was given up');
      const now = performance.now();
      const pause = Math.max(POLL_MIN_MS, (now - asked) * POLL_PAUSE_PER_LOOK, (now - since) * POLL_SHARE);
      await sleep(Math.min(POLL_MAX_MS, pause));
    }
  }

  async #start(argv: readonly string[], stdin: Buffer | undefined): Promise<number | GuestExecResult> {
    const [path = '', ...arg] = argv;
    const args = {
      path,
      arg,
      'capture-output': true,
      ...(stdin !== undefined && { 'input-data': stdin.toString('base64') }),
    };
    const result = await this.#request('guest-exec', args, COMMAND_TIMEOUT_MS);
    if ('failure' in result) {
      const { failure } = result;
      if (failure.type !== 'refused' || !isExecNotFound(failure.reason)) throw this.#error(failure);
      return {
        exitCode: NOT_FOUND_EXIT_CODE,
        stdout: Buffer.alloc(0),
        stderr: Buffer.from(failure.reason),
      };
    }
    const pid = parseExecStarted(result.value);
    if (pid === undefined) throw new GuestAgentError(this.vm, 'nonsense in answer to guest-exec');
    return pid;
  }

  async #status(pid: number): Promise<'running' | GuestExecResult> {
    const status = parseExecStatus(await this.#command('guest-exec-status', { pid }, COMMAND_TIMEOUT_MS));
    if (status === undefined) throw new GuestAgentError(this.vm, 'nonsense in answer to guest-exec-status');
    return status;
  }

  /** Best effort; asked once more for its status, or the agent keeps the result for ever. */
  async #killInGuest(pid: number): Promise<void> {
    await this.#request('guest-exec', { path: 'kill', arg: ['-KILL', String(pid)] }, PING_TIMEOUT_MS);
    await this.#request('guest-exec-status', { pid }, PING_TIMEOUT_MS);
  }

  async #command(
    name: string,
    args: Record<string, unknown> | undefined,
    timeoutMs: number,
  ): Promise<unknown> {
    const result = await this.#request(name, args, timeoutMs);
    if ('failure' in result) throw this.#error(result.failure);
    return result.value;
  }

  /** Waits its turn, within the time limit. */
  async #request(name: string, args: Record<string, unknown> | undefined, timeoutMs: number) {
    const deadline = performance.now() + timeoutMs;
    const turn = this.#queue;
    const done = Promise.withResolvers<void>();
    this.#queue = turn.then(() => done.promise);
    try {
      if (!(await settlesWithin(turn, timeoutMs)))
        return { failure: { type: 'timeout', afterMs: timeoutMs } as const };
      return await this.#channel.request(name, args, Math.max(1, deadline - performance.now()));
    } finally {
      done.resolve();
    }
  }

  #sendSync(): void {
    const id = this.randomId();
    this.#syncIds.add(id);
    this.#channel.sendRaw(syncRequest(id));
  }

  #onSynced(): void {
    clearInterval(this.#syncTimer);
    this.#synced.resolve();
  }

  #checkOpen(): void {
    if (this.#closed) throw new GuestAgentError(this.vm, 'the VMM closed the connection');
  }

  #error(failure: ChannelFailure): GuestAgentError {
    switch (failure.type) {
      case 'refused':
        return new GuestAgentError(this.vm, failure.reason);
      case 'timeout':
        return new GuestAgentError(this.vm, `no answer in ${Math.round(failure.afterMs) / 1000} s`);
      case 'oversized':
        return new GuestAgentError(this.vm, `an answer of more than ${MAX_LINE_BYTES} bytes`);
      case 'closed':
        return new GuestAgentError(this.vm, 'the VMM closed the connection');
    }
  }
}

/** One program in the guest. */
interface GuestRun {
  /** in words */
  readonly what: string;
  /** known when the guest has answered the start */
  pid: number | undefined;
  /** nobody waits for the result any more */
  givenUp: boolean;
}

/** `stopped` resolves when the caller gives up or the time is over. */
function watchLimits(
  signal: AbortSignal | undefined,
  timeoutMs: number,
  what: string,
): { stopped: Promise<BangerError>; dispose: () => void } {
  const { promise, resolve } = Promise.withResolvers<BangerError>();
  const onAbort = (): void => {
    if (signal !== undefined) resolve(cancellation(signal, what));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => resolve(new TimeoutError(what, timeoutMs)), timeoutMs);
  return {
    stopped: promise,
    dispose: () => {
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function settlesWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => limit.resolve(false), limitMs);
  try {
    return await Promise.race([promise.then(() => true), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
