import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { TerminalSize } from '../../contract/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import type { Vm } from '../../vm/index.js';
import { Followers } from '../follow/followers.js';
import { GuestSessions } from '../guest/guest-sessions.js';
import type { Session } from '../session.types.js';
import { TerminalSizes } from './terminal-sizes.js';

interface Wiring {
  readonly vm: Vm;
  readonly session: Session;
  readonly channel: ServerByteChannel;
  /** size of the client's terminal now */
  readonly size: TerminalSize | undefined;
  /** whether what this client types still counts */
  readonly types: () => boolean;
}

/** What is typed, and how large the terminal is: from a client to a session. */
@Injectable()
export class Keyboard {
  constructor(
    private readonly followers: Followers,
    private readonly guest: GuestSessions,
    private readonly sizes: TerminalSizes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when it is connected, and the terminal as large as the client's. @returns what disconnects it */
  async connect(wiring: Wiring): Promise<() => void> {
    const { vm, session, channel, size, types } = wiring;
    channel.onResize((wanted) => this.#attempt(session, this.#resize(wiring, wanted)));
    channel.onSignal((name) => {
      if (types()) this.#attempt(session, this.guest.signal(vm, session, name, 'group'));
    });
    const remote = session.terminal
      ? await this.guest.openTerminal(vm, session, channel.aborted)
      : await this.guest.openInput(vm, session, false, channel.aborted);
    if (session.terminal) this.#attempt(session, this.followers.hear(session, remote.stdout));
    const typed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const bytes of source) if (types()) yield bytes;
    };
    void pipeline(channel.stdin, typed, remote.stdin).catch(() => undefined);
    if (size !== undefined) await this.#resize(wiring, size).catch(() => undefined);
    return () => remote.close();
  }

  async #resize({ vm, session, types }: Wiring, size: TerminalSize): Promise<void> {
    const tty = this.followers.terminalOf(session);
    if (!session.terminal || tty === undefined || !types()) return;
    await this.sizes.set(session, size, (wanted) => this.guest.resize(vm, tty, wanted));
  }

  #attempt(session: Session, work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.logger.warn({ session: session.id, err: toBangerError(error) }, 'a session was not reached'),
    );
  }
}
