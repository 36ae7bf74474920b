import type { SshConnection } from '../../core/ssh/index.js';

const SIGNALS = new Set([
  'ABRT',
  'ALRM',
  'CONT',
  'HUP',
  'INT',
  'KILL',
  'PIPE',
  'QUIT',
  'STOP',
  'TERM',
  'TSTP',
  'USR1',
  'USR2',
  'WINCH',
]);
/** `s` that a command gets to end by itself after HUP */
const HANGUP_GRACE_S = 1;
/** `s` that a command whose time is over gets to end by itself after TERM */
export const KILL_GRACE_S = 10;
/** `ms` after which a guest that does not answer is left alone */
const DELIVERY_LIMIT_MS = 10_000;

/**
 * Signals one command in a guest: the process group of what leads its session (sshd makes one for each command), as a
 * terminal does; a background job in a session of its own goes on. By another command, since OpenSSH refuses the
 * protocol's own signal request for root ("requires privilege separation").
 */
export class GuestSignals {
  /** @param pid of what leads the session; undefined when that is not known, and then nothing is sent */
  constructor(
    private readonly connection: SshConnection,
    private readonly pid: Promise<number | undefined>,
  ) {}

  /** @param name without SIG; an unknown one is ignored */
  async send(name: string): Promise<void> {
    if (SIGNALS.has(name)) await this.#run((pid) => kill(name, pid));
  }

  /** What a command gets whose terminal or client is gone. */
  async hangUp(): Promise<void> {
    await this.#run((pid) => `${kill('HUP', pid)}; sleep ${HANGUP_GRACE_S}; ${kill('TERM', pid)}`);
  }

  /**
   * What a command gets whose time is over: TERM and, if any process of its group is left after the grace, KILL. Settles
   * when none is left, or KILL was sent.
   */
  async end(): Promise<void> {
    const line = (pid: number): string =>
      `${kill('TERM', pid)}; n=0; while ${kill('0', pid)} && [ $n -lt ${KILL_GRACE_S} ]; do sleep 1; n=$((n + 1)); done; ${kill('KILL', pid)}`;
    await this.#run(line, KILL_GRACE_S * 1000 + DELIVERY_LIMIT_MS);
  }

  async #run(lineFor: (pid: number) => string, limitMs = DELIVERY_LIMIT_MS): Promise<void> {
    try {
      const pid = await this.pid;
      if (pid === undefined) return;
      const channel = await this.connection.open({ line: lineFor(pid) });
      channel.stdin.end();
      channel.stdout.resume();
      channel.stderr.resume();
      const timer = setTimeout(() => channel.close(), limitMs);
      await channel.exited;
      clearTimeout(timer);
    } catch {
      // The guest is gone, and the command with it.
    }
  }
}

function kill(name: string, pid: number): string {
  return `kill -s ${name} -- -${pid} 2>/dev/null`;
}
