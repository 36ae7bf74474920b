import { Injectable } from '@nestjs/common';
import type { TerminalSize } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { bytesOfText, quoteShellWord } from '../../core/ssh/index.js';
import type { SshChannel } from '../../core/ssh/index.js';
import { GuestAccess } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { SEGMENTS } from '../output/segment.js';
import { GuestActionError, SessionEndedError, SessionWithoutInputError } from '../session.errors.js';
import type { Session } from '../session.types.js';
import {
  ATTACH_PROGRAM,
  INPUT_PROGRAM,
  NO_INPUT_STATUS,
  NOT_RUNNING_STATUS,
  SIGNAL_PROGRAM,
} from './control-programs.js';
import { runInGuest } from './guest-command.js';
import type { GuestOutcome } from './guest-command.js';
import { KEEPER_PROGRAM } from './keeper-program.js';
import { SESSIONS_DIRECTORY } from './program.js';
import { writeSpec } from './session-spec.js';
import type { SessionSpec } from './session-spec.js';

const MIB = 1024 * 1024;
/** `ms` for what a guest does at once, unless it is very busy */
const ACTION_LIMIT_MS = 60_000;

export interface SessionStart {
  readonly guestName: string;
  readonly spec: SessionSpec;
  /** POSIX shell that becomes the command */
  readonly script: string;
  readonly terminal: TerminalSize | undefined;
}

/** What is done to sessions inside their guest, each a program that is run there over SSH. */
@Injectable()
export class GuestSessions {
  constructor(
    private readonly access: GuestAccess,
    private readonly config: Config,
  ) {}

  /** Resolves when the command runs. @throws GuestActionError, VM_GUEST_UNREACHABLE */
  async start(vm: Vm, { guestName, spec, script, terminal }: SessionStart): Promise<void> {
    const run = bytesOfText(script);
    const written = writeSpec(spec);
    const limit = this.config.values.sessions.outputMib * MIB;
    const given: Record<string, string | number> = {
      run: run.length,
      spec: written.length,
      segment: Math.ceil(limit / SEGMENTS),
      limit,
      stdin: spec.stdin ? 1 : 0,
      timeout: spec.timeoutSeconds ?? 0,
      ...(terminal !== undefined && { rows: terminal.rows, columns: terminal.columns }),
    };
    const header = Object.entries(given).map(([key, value]) => `${key}=${value}`);
    const outcome = await this.#run(
      vm,
      programLine(KEEPER_PROGRAM, guestName),
      Buffer.concat([Buffer.from(`${header.join(' ')}\n`), run, written]),
    );
    if (outcome.exitCode !== 0) throw failure(vm, 'starting a session', 'banger-session start', outcome);
  }

  /** @param scope the foreground alone, or all that it has started. @throws SessionEndedError, GuestActionError */
  async signal(vm: Vm, session: Session, name: string, scope: 'group' | 'all'): Promise<void> {
    const outcome = await this.#run(vm, programLine(SIGNAL_PROGRAM, session.guestName, name, scope));
    if (outcome.exitCode === NOT_RUNNING_STATUS) throw new SessionEndedError(session.id, 'ended');
    if (outcome.exitCode !== 0) throw failure(vm, 'sending a signal', `kill -s ${name}`, outcome);
  }

  /**
   * A channel whose stdin becomes the session's, as fast as that is read. @param close its input ends with it
   * @see explainInput for how it ended
   */
  async openInput(vm: Vm, session: Session, close: boolean, signal: AbortSignal): Promise<SshChannel> {
    const line = programLine(INPUT_PROGRAM, session.guestName, ...(close ? ['close'] : []));
    const channel = await this.#open(vm, line, signal);
    channel.stdout.resume();
    return channel;
  }

  /**
   * A channel for who types at a session's terminal. Its stdin becomes the terminal's; its stdout are frames of output
   * (follow-frames.ts), earlier than the follower has them, if at all.
   */
  async openTerminal(vm: Vm, session: Session, signal: AbortSignal): Promise<SshChannel> {
    return this.#open(vm, programLine(ATTACH_PROGRAM, session.guestName), signal);
  }

  /** What the exit status of an input means; undefined for success. */
  explainInput(session: Session, exitCode: number | null): Error | undefined {
    if (exitCode === 0) return undefined;
    if (exitCode === NO_INPUT_STATUS) return new SessionWithoutInputError(session.id, true);
    return new SessionEndedError(session.id, 'ended');
  }

  /** @param tty as the keeper has told it */
  async resize(vm: Vm, tty: string, { columns, rows }: TerminalSize): Promise<void> {
    const line = `exec stty -F ${quoteShellWord(tty)} rows ${rows} columns ${columns}`;
    const outcome = await this.#run(vm, line);
    if (outcome.exitCode !== 0) throw failure(vm, 'changing the size of a terminal', 'stty', outcome);
  }

  /** Takes away all that the guest has of it. Gone already is success. */
  async remove(vm: Vm, guestName: string): Promise<void> {
    const line = `exec rm -rf -- ${quoteShellWord(`${SESSIONS_DIRECTORY}/${guestName}`)}`;
    const outcome = await this.#run(vm, line);
    if (outcome.exitCode !== 0) throw failure(vm, 'deleting a session', 'rm -rf', outcome);
  }

  async #open(vm: Vm, line: string, signal: AbortSignal): Promise<SshChannel> {
    const connection = await this.access.connect(vm, signal);
    return connection.open({ line });
  }

  async #run(vm: Vm, line: string, stdin?: Buffer): Promise<GuestOutcome> {
    const signal = AbortSignal.timeout(ACTION_LIMIT_MS);
    const connection = await this.access.connect(vm, signal);
    return runInGuest(connection, line, { signal, ...(stdin !== undefined && { stdin }) });
  }
}

/** A line for the guest's shell that becomes a program of perl. */
export function programLine(program: string, ...args: readonly string[]): string {
  return `exec perl -e ${[program, ...args].map(quoteShellWord).join(' ')}`;
}

/** @param command as a person would write it: the program itself is a page long */
function failure(vm: Vm, what: string, command: string, outcome: GuestOutcome): GuestActionError {
  const [step = '', ...more] = outcome.stderrTail.split(': ');
  const missing = outcome.exitCode === 127 ? 'perl is not installed there' : undefined;
  return new GuestActionError(vm.name, what, {
    step: missing === undefined && more.length > 0 ? step : command,
    command,
    exitCode: outcome.exitCode,
    stderrTail: missing ?? (more.length > 0 ? more.join(': ') : step),
  });
}
