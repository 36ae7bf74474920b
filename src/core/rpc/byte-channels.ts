import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { ChannelGrant } from '../../contract/vm-access.dto.js';
import { CancelledError, InternalError, toBangerError } from '../errors/index.js';
import { currentRef, runWithRef } from '../logging/index.js';
import type { Logger } from '../logging/index.js';
import { ByteChannel } from './byte-channel.js';
import type { ServerByteChannel } from './byte-channel.js';
import { FRAME_TYPES } from './channel-frames.js';
import { ChannelLink } from './channel-link.js';
import { ChannelTokenInvalidError, LimitExceededError } from './rpc-errors.js';
import { encodeError } from './wire.js';

export type ChannelHandler = (channel: ServerByteChannel) => Promise<void>;

interface Grant {
  readonly handler: ChannelHandler;
  readonly ref: string | undefined;
  readonly expiry: NodeJS.Timeout;
}

const TOKEN_BYTES = 32;
export const TOKEN_LIFE_MS = 30_000;
/** tokens that wait for their connection */
const MAX_GRANTS = 1_024;
const REFUSAL_GRACE_MS = 5_000;

/** Hands out one-time tokens and gives the connection that brings one back to the handler behind it. */
@Injectable()
export class ByteChannels {
  readonly #grants = new Map<string, Grant>();
  readonly #open = new Set<ByteChannel>();
  /** set by the server that accepts the connections */
  logger: Logger | undefined;

  /**
   * The handler runs when the client connects; it must end in `exit` or `fail`. What it throws is reported to the
   * client as a failure. @throws LimitExceededError when too many tokens wait for their connection
   */
  grant(handler: ChannelHandler, lifeMs: number = TOKEN_LIFE_MS): ChannelGrant {
    if (this.#grants.size >= MAX_GRANTS) {
      throw new LimitExceededError(
        'byte channels that nobody opened',
        MAX_GRANTS,
        'try again in half a minute',
      );
    }
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const key = digest(token);
    const expiry = setTimeout(() => this.#grants.delete(key), lifeMs).unref();
    this.#grants.set(key, { handler, ref: currentRef(), expiry });
    return { token, expiresAt: new Date(Date.now() + lifeMs).toISOString() };
  }

  /** Takes over a connection whose first line asked for a channel. @param already bytes that came after that line */
  accept(socket: Socket, token: unknown, already: Buffer): void {
    const link = new ChannelLink(socket);
    const grant = this.#redeem(token);
    if (grant === undefined) {
      link.sendJson(FRAME_TYPES.error, encodeError(new ChannelTokenInvalidError(), undefined));
      socket.resume();
      void link.end(REFUSAL_GRACE_MS);
      return;
    }
    const channel = new ByteChannel(link);
    this.#open.add(channel);
    void channel.closed.then(() => this.#open.delete(channel));
    const run = (): Promise<void> => this.#run(channel, grant);
    void (grant.ref === undefined ? run() : runWithRef(grant.ref, run));
    channel.start(already);
  }

  /** Forgets all tokens and aborts all channels. */
  async close(): Promise<void> {
    for (const { expiry } of this.#grants.values()) clearTimeout(expiry);
    this.#grants.clear();
    const open = [...this.#open];
    for (const channel of open) channel.abort(new CancelledError('the byte channel'));
    await Promise.all(open.map((channel) => channel.closed));
  }

  #redeem(token: unknown): Grant | undefined {
    if (typeof token !== 'string') return undefined;
    const key = digest(token);
    const grant = this.#grants.get(key);
    this.#grants.delete(key);
    clearTimeout(grant?.expiry);
    return grant;
  }

  async #run(channel: ByteChannel, grant: Grant): Promise<void> {
    try {
      await grant.handler(channel);
      if (!channel.finished) throw new InternalError('the handler of a byte channel ended without a status');
    } catch (error) {
      const failure = toBangerError(error, 'the byte channel');
      // After the client has gone, a handler's broken pipes are no news.
      const level = failure.kind === 'INTERNAL' && !channel.finished ? 'error' : 'debug';
      this.logger?.[level]({ err: failure }, 'byte channel failed');
      await channel.fail(failure, grant.ref);
    }
  }
}

/** Tokens are looked up by their hash, so that the time of a look-up says nothing about them. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
