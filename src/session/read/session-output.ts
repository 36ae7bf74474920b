import type { Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { OutputGrant, SessionLogsParams } from '../../contract/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import type { ChannelExit, ServerByteChannel } from '../../core/rpc/index.js';
import { Followers } from '../follow/followers.js';
import { SessionBook } from '../session-book.js';
import { SessionEndedError, SessionNotFoundError } from '../session.errors.js';
import { SessionLogs } from '../session-logs.js';
import { SessionRepository } from '../session.repository.js';
import type { Session } from '../session.types.js';
import { LineStamps } from './line-stamps.js';
import { OutputReader } from './output-reader.js';
import type { OutputCursor } from './output-reader.js';

/** Gives clients what sessions have written, from the host's own copy of it. */
@Injectable()
export class SessionOutput {
  constructor(
    private readonly channels: ByteChannels,
    private readonly book: SessionBook,
    private readonly followers: Followers,
    private readonly logs: SessionLogs,
    private readonly sessions: SessionRepository,
  ) {}

  async reader(session: Session): Promise<OutputReader> {
    return new OutputReader(await this.logs.open(session));
  }

  async grant(session: Session, params: SessionLogsParams): Promise<OutputGrant> {
    await this.followers.settled(session.vmId);
    const reader = await this.reader(session);
    const cursor = await begin(reader, params);
    const { token, expiresAt } = this.channels.grant((channel) =>
      this.#send(session, { reader, cursor, params }, channel),
    );
    return { token, expiresAt, from: { ...cursor.from } };
  }

  async #send(
    session: Session,
    { reader, cursor, params }: { reader: OutputReader; cursor: OutputCursor; params: SessionLogsParams },
    channel: ServerByteChannel,
  ): Promise<void> {
    const { follow, stream, timestamps } = params;
    const over = follow === true ? this.untilEnd(session.id, channel.aborted) : undefined;
    const stamps = { stdout: new LineStamps(), stderr: new LineStamps() };
    for await (const piece of reader.pieces(cursor, { over, signal: channel.aborted })) {
      if (stream !== undefined && piece.stream !== stream) continue;
      const bytes = timestamps ? stamps[piece.stream].stamp(piece.payload, piece.atMs) : piece.payload;
      await write(channel[piece.stream], bytes);
    }
    await channel.exit({ exitCode: 0, signal: null });
  }

  /** Aborted when the session has ended; watched until `signal`. */
  untilEnd(id: string, signal: AbortSignal): AbortSignal {
    const ended = new AbortController();
    this.book.ended(id, signal).then(
      () => ended.abort(),
      () => undefined,
    );
    return ended.signal;
  }

  /** How one that has ended came out. @throws SessionEndedError when that is not known, SessionNotFoundError */
  async exitOf({ id }: Session): Promise<ChannelExit> {
    const ended = await this.sessions.find(id);
    if (ended === undefined) throw new SessionNotFoundError(id);
    const { exitCode = null, signal = null, state, reason = 'for no known reason' } = ended;
    if (exitCode === null && signal === null) throw new SessionEndedError(id, `${state}: ${reason}`);
    return { exitCode, signal };
  }
}

async function begin(reader: OutputReader, params: SessionLogsParams): Promise<OutputCursor> {
  if (params.from !== undefined) return reader.behind(params.from);
  if (params.since !== undefined) return reader.since(Date.parse(params.since));
  if (params.tail !== undefined) return reader.tail(params.tail, params.stream);
  return reader.beginning();
}

/** Waits until the reader has room. A reader that is gone is told by its channel. */
export async function write(to: Writable, bytes: Buffer): Promise<void> {
  if (to.destroyed || bytes.length === 0) return;
  await new Promise<void>((resolve) => to.write(bytes, () => resolve()));
}
