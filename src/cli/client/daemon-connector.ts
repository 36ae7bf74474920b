import { Injectable } from '@nestjs/common';
import { exitCodeOf } from '../../contract/errors.js';
import { Config } from '../../core/config/index.js';
import { BangerError, isKind } from '../../core/errors/index.js';
import { RpcClient } from './rpc.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { DaemonProcess } from './daemon-process.js';
import type { DaemonChild } from './daemon-process.js';
import { reportedFailure } from './reported-failure.js';

/** `ms` that a daemon may take until its socket answers */
const START_LIMIT_MS = 15_000;
const POLL_MS = 25;
/** `ms` that another command's daemon may take until another try is made */
const OTHER_LIMIT_MS = 500;
/** `ms` for which a daemon that has gone is waited for: an upgrade takes seconds */
const COMEBACK_LIMIT_MS = 60_000;
const COMEBACK_POLL_MS = 250;
/** a killed daemon may hold its socket for some milliseconds more */
const UNHEARD_ATTEMPTS = 3;

/** The way to the daemon; starts one where none runs. */
@Injectable()
export class DaemonConnector {
  /** Correlation id of this command: in the daemon's log, in its operations, and in the guest as BANGER_REF. */
  private readonly ref = newRef();

  constructor(
    private readonly invocation: Invocation,
    private readonly config: Config,
    private readonly daemon: DaemonProcess,
    private readonly presenter: Presenter,
  ) {}

  get socketPath(): string {
    return this.invocation.flags.socket ?? this.config.socketPath;
  }

  /** A connection, to a daemon started for it if need be. @throws BangerError SOCKET_FORBIDDEN, DAEMON_START_FAILED */
  async connect(): Promise<RpcClient> {
    const running = await this.connectIfRunning();
    if (running !== undefined) return running;
    // a socket named by the user belongs to a daemon whose directories only the user knows
    if (this.invocation.flags.socket !== undefined)
      return await RpcClient.connect({ socketPath: this.socketPath, ref: this.ref });
    return await this.start();
  }

  /** A connection, or undefined when no daemon runs. @throws BangerError SOCKET_FORBIDDEN */
  async connectIfRunning(): Promise<RpcClient | undefined> {
    try {
      return await RpcClient.connect({ socketPath: this.socketPath, ref: this.ref });
    } catch (error) {
      if (isKind(error, 'DAEMON_UNREACHABLE')) return undefined;
      throw error;
    }
  }

  /** A connection to the daemon that comes after one that has gone; starts none. Undefined when none comes, and at the abort. */
  async comeback(signal?: AbortSignal): Promise<RpcClient | undefined> {
    const deadline = performance.now() + COMEBACK_LIMIT_MS;
    while (performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, COMEBACK_POLL_MS));
      if (signal?.aborted === true) return undefined;
      const client = await this.connectIfRunning();
      if (client !== undefined) return client;
    }
    return undefined;
  }

  /**
   * Runs the work with a connection and closes it afterwards; once more when the daemon was on its end, as just after
   * a kill, and has read nothing of what the work asked, whether the work throws that or makes it a part of its result.
   */
  async with<T>(work: (client: RpcClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const client = await this.connect();
      const [outcome] = await Promise.allSettled([work(client)]);
      await client.close();
      if (client.isUnheard && attempt < UNHEARD_ATTEMPTS) continue;
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    }
  }

  private async start(): Promise<RpcClient> {
    this.presenter.note('starting the daemon');
    const deadline = performance.now() + START_LIMIT_MS;
    for (;;) {
      const child = await this.daemon.start(this.config.logPath);
      try {
        const client = await this.waitFor(child, deadline);
        if (client !== undefined) return client;
      } finally {
        child.release();
      }
    }
  }

  /** Undefined when another daemon keeps this one out and does not answer: it is on its end, and then there is room. */
  private async waitFor(child: DaemonChild, deadline: number): Promise<RpcClient | undefined> {
    let ended: { exitCode: number | null } | undefined;
    void child.exited.then((status) => (ended = status));
    let until = deadline;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const client = await this.connectIfRunning();
      if (client !== undefined) return client;
      if (ended === undefined || until < deadline) continue;
      if (ended.exitCode !== exitCodeOf('DAEMON_ALREADY_RUNNING')) break;
      // lost the race against another command's daemon: that one is about to answer
      until = performance.now() + OTHER_LIMIT_MS;
    }
    if (until < deadline) return undefined;
    throw this.startFailure(child, ended !== undefined);
  }

  /** It holds the state directory, so that no other may start, and nobody can talk to it. */
  private unreachable(pid: number): BangerError {
    const who = pid === 0 ? 'a daemon' : `a daemon (pid ${pid})`;
    return new BangerError('DAEMON_UNREACHABLE', `${who} runs and cannot be reached`, {
      details: { socket: this.socketPath },
      why: `its socket ${this.socketPath} is gone, or it hangs; it makes a lost socket anew within seconds`,
      fix: `see: banger doctor; or end it (kill ${pid === 0 ? 'PID' : pid}; VMs go on) and repeat the command`,
    });
  }

  private startFailure(child: DaemonChild, ended: boolean): BangerError {
    const logTail = child.logTail();
    const reported = ended ? reportedFailure(logTail) : undefined;
    if (isKind(reported, 'DAEMON_ALREADY_RUNNING')) return this.unreachable(reported.details.pid);
    if (reported !== undefined) return reported;
    return new BangerError('DAEMON_START_FAILED', 'the daemon did not start', {
      details: { logTail },
      why: ended ? 'it ended by itself' : `its socket did not answer within ${START_LIMIT_MS / 1000} s`,
      fix: 'read its log (banger daemon logs), check the host (banger doctor)',
    });
  }
}

/** Tells the commands of one log apart; no secret, so it need not be unguessable, and node:crypto costs start-up time. */
function newRef(): string {
  return `cli-${Math.random().toString(36).slice(2, 12)}`;
}
