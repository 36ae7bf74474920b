import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import type { ChannelGrant } from '../../contract/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import { Waking } from '../../vm/index.js';
import { GuestSessions } from '../guest/guest-sessions.js';
import { SessionEndedError, SessionWithoutInputError } from '../session.errors.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';

/** Gives sessions input. */
@Injectable()
export class SessionInput {
  constructor(
    private readonly channels: ByteChannels,
    private readonly guest: GuestSessions,
    private readonly waking: Waking,
  ) {}

  /** A channel whose input becomes the session's. @throws SessionEndedError, SessionWithoutInputError */
  grant(session: Session, close: boolean): ChannelGrant {
    requireInput(session);
    return this.channels.grant((channel) => this.#send(session, close, channel));
  }

  async #send(session: Session, close: boolean, channel: ServerByteChannel): Promise<void> {
    const vm = await this.waking.awake(session.vmId);
    const remote = await this.guest.openInput(vm, session, close, channel.aborted);
    const abort = (): void => remote.close();
    channel.aborted.addEventListener('abort', abort, { once: true });
    try {
      // What it does not take is told by how it ends.
      void pipeline(channel.stdin, remote.stdin).catch(() => undefined);
      const { exitCode } = await remote.exited;
      const problem = this.guest.explainInput(session, exitCode);
      if (problem !== undefined) throw problem;
      await channel.exit({ exitCode: 0, signal: null });
    } finally {
      channel.aborted.removeEventListener('abort', abort);
      remote.close();
    }
  }
}

/** @throws SessionEndedError, SessionWithoutInputError */
export function requireInput(session: Session): void {
  if (hasEnded(session)) throw new SessionEndedError(session.id, session.state);
  if (!session.stdin) throw new SessionWithoutInputError(session.id, false);
}
