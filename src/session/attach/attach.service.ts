import { Injectable } from '@nestjs/common';
import type { OutputPosition, SessionAttachParams } from '../../contract/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import { Waking } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import type { OutputCursor, OutputReader } from '../read/output-reader.js';
import { SessionOutput, write } from '../read/session-output.js';
import { SessionEndedError } from '../session.errors.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';
import { Attachments } from './attachments.js';
import type { Attachment } from './attachments.js';
import { Keyboard } from './keyboard.js';
import { drawScreen } from './screen.js';

/** lines of what came before, for a session without a terminal: a screen of them */
const TAIL_LINES = 24;
const CLEAR = Buffer.from('\u001b[0m\u001b[2J\u001b[H');
const TAKEN = '\r\nbanger: another terminal types now; this one looks on\r\n';

interface Attaching {
  readonly vm: Vm;
  readonly session: Session;
  readonly params: SessionAttachParams;
  readonly channel: ServerByteChannel;
}

/** What is granted to who wants to attach, but the session itself. */
export interface AttachGrant {
  readonly token: string;
  readonly expiresAt: string;
  readonly from: OutputPosition;
  readonly types: boolean;
}

/** Connects clients with sessions that run: their screen, or their output, and their keyboard. */
@Injectable()
export class AttachService {
  constructor(
    private readonly channels: ByteChannels,
    private readonly attachments: Attachments,
    private readonly keyboard: Keyboard,
    private readonly output: SessionOutput,
    private readonly waking: Waking,
  ) {}

  /** @throws SessionEndedError; one whose VM is suspended is woken */
  async grant(session: Session, params: SessionAttachParams): Promise<AttachGrant> {
    if (hasEnded(session)) throw new SessionEndedError(session.id, session.state);
    const vm = await this.waking.awake(session.vmId);
    const reader = await this.output.reader(session);
    const cursor = session.terminal ? reader.end() : await begin(reader, params);
    const { token, expiresAt } = this.channels.grant((channel) =>
      this.#attach({ vm, session, params, channel }, reader, cursor),
    );
    const isFree = params.take === true || !this.attachments.hasTypist(session.id);
    const types = session.stdin && params.readOnly !== true && isFree;
    return { token, expiresAt, from: { ...cursor.from }, types };
  }

  async #attach(attaching: Attaching, reader: OutputReader, cursor: OutputCursor): Promise<void> {
    const { vm, session, params, channel } = attaching;
    const me: Attachment = { onTaken: () => void write(channel.stderr, Buffer.from(TAKEN)) };
    this.attachments.add(session.id, me, wishOf(session, params));
    const types = (): boolean => this.attachments.types(session.id, me);
    let disconnect: (() => void) | undefined;
    try {
      const size = params.terminal;
      if (types()) disconnect = await this.keyboard.connect({ vm, session, channel, size, types });
      const from = session.terminal ? await this.#draw(reader, attaching, types()) : cursor;
      const over = this.output.untilEnd(session.id, channel.aborted);
      for await (const { stream, payload } of reader.pieces(from, { over, signal: channel.aborted }))
        await write(channel[stream], payload);
      await channel.exit(await this.output.exitOf(session));
    } finally {
      this.attachments.remove(session.id, me);
      disconnect?.();
    }
  }

  async #draw(reader: OutputReader, { params, channel }: Attaching, types: boolean): Promise<OutputCursor> {
    // Who looks on sees what the other's terminal shows, whatever their own may hold.
    const size = types ? params.terminal : undefined;
    const { screen, next } = await drawScreen(reader, size, channel.aborted);
    await write(channel.stdout, Buffer.concat([CLEAR, screen]));
    return next;
  }
}

function wishOf(session: Session, { readOnly, take }: SessionAttachParams): 'no' | 'if-free' | 'take' {
  if (readOnly === true || !session.stdin) return 'no';
  return take === true ? 'take' : 'if-free';
}

async function begin(reader: OutputReader, { from }: SessionAttachParams): Promise<OutputCursor> {
  return from === undefined ? reader.tail(TAIL_LINES, undefined) : reader.behind(from);
}
