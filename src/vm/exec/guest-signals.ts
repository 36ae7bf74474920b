import { randomBytes } from 'node:crypto';
import { quoteShellWord } from '../../core/ssh/index.js';
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
 * Signals one command in a guest. By hand: OpenSSH refuses the protocol's own signal request for root ("requires
 * privilege separation"), so the command carries a mark in its environment by which another command finds it.
 */
export class GuestSignals {
  readonly #mark = `BANGER_EXEC=${randomBytes(12).toString('hex')}`;
  readonly #connection: SshConnection;

  constructor(connection: SshConnection) {
    this.#connection = connection;
  }

  /** The same line, with the mark. */
  marked(line: string): string {
    return `export ${this.#mark}; ${line}`;
  }

  /** @param name without SIG; an unknown one is ignored */
  async send(name: string): Promise<void> {
    if (SIGNALS.has(name)) await this.#run(signalLine(this.#mark, kill(name)));
  }

  /** What a command gets whose terminal or client is gone. */
  async hangUp(): Promise<void> {
    await this.#run(signalLine(this.#mark, `${kill('HUP')}; sleep ${HANGUP_GRACE_S}; ${kill('TERM')}`));
  }

  /** What a command gets whose time is over: TERM and, if any process of its group is left after the grace, KILL. */
  async end(): Promise<void> {
    const waiting = `n=0; while kill -s 0 -- "-$p" 2>/dev/null && [ $n -lt ${KILL_GRACE_S} ]; do sleep 1; n=$((n + 1)); done`;
    const line = signalLine(this.#mark, `${kill('TERM')}; ${waiting}; ${kill('KILL')}`);
    await this.#run(line, KILL_GRACE_S * 1000 + DELIVERY_LIMIT_MS);
  }

  async #run(line: string, limitMs = DELIVERY_LIMIT_MS): Promise<void> {
    try {
      const channel = await this.#connection.open({ line });
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

/**
 * Finds the process that leads the command's session (sshd makes one for each command) and signals its process group,
 * as a terminal does; a background job in a session of its own goes on.
 */
function signalLine(mark: string, action: string): string {
  const script = `for e in $(grep -lsF ${mark} /proc/[0-9]*/environ 2>/dev/null); do
  p=\${e#/proc/}; p=\${p%/environ}
  s=$(sed "s/.*) //" "/proc/$p/stat" 2>/dev/null) || continue
  set -- $s
  [ "$4" = "$p" ] || continue
  ${action}
done`;
  return `exec sh -c ${quoteShellWord(script)}`;
}

/** To the process group that `$p` leads. */
function kill(name: string): string {
  return `kill -s ${name} -- "-$p" 2>/dev/null`;
}
