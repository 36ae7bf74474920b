import type { Readable, Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { OutputGrant, OutputPosition } from '../../contract/session.dto.js';
import { BangerError, isKind } from '../../core/errors/index.js';
import { openByteChannel } from '../client/rpc.js';
import type { ChannelExit, ClientByteChannel, RpcClient } from '../client/rpc.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';

export interface ChannelRequest<Grant extends OutputGrant> {
  /** Asks for a channel; `from` when some of it has been received already. */
  readonly ask: (client: RpcClient, from: OutputPosition | undefined) => Promise<Grant>;
  /** Something to do with each channel while it lasts, such as to feed it. @returns what ends that */
  readonly during?: (channel: ClientByteChannel, grant: Grant) => () => void;
  /** whether it can go on where it was, when the daemon was gone */
  readonly resumes: boolean;
  /** how to go on by hand */
  readonly again: string;
  readonly signal: AbortSignal;
}

/**
 * Shows what comes on a session's byte channel. A daemon that ends does not end the session: this waits for the next one,
 * and goes on where it was.
 */
@Injectable()
export class SessionChannel {
  constructor(
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {}

  /** Resolves at the end of the channel, or undefined at the abort. @throws what the daemon says, CONNECTION_LOST */
  async run<Grant extends OutputGrant>(request: ChannelRequest<Grant>): Promise<ChannelExit | undefined> {
    let received: { stdout: number; stderr: number } | undefined;
    const { signal } = request;
    let client: RpcClient | undefined = await this.connector.connect();
    while (client !== undefined) {
      try {
        const grant = await request.ask(client, received);
        received = { stdout: grant.from.stdout, stderr: grant.from.stderr };
        return await this.show(grant, received, request);
      } catch (error) {
        if (signal.aborted) return undefined;
        if (!isGone(error)) throw error;
        if (!request.resumes) throw lost(request.again);
      } finally {
        await client.close();
      }
      this.presenter.note(
        'the daemon is gone; the session is not: waiting for the next daemon (Ctrl-C leaves it)',
      );
      client = await this.connector.comeback(signal);
    }
    if (signal.aborted) return undefined;
    throw lost(request.again);
  }

  private async show<Grant extends OutputGrant>(
    grant: Grant,
    received: { stdout: number; stderr: number },
    { during, signal }: ChannelRequest<Grant>,
  ): Promise<ChannelExit | undefined> {
    const channel = await openByteChannel({
      socketPath: this.connector.socketPath,
      token: grant.token,
      signal,
    });
    const stop = during?.(channel, grant);
    const copy = async (from: Readable, to: Writable, stream: 'stdout' | 'stderr'): Promise<void> => {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (signal.aborted) return;
        received[stream] += chunk.length;
        await new Promise<void>((resolve) => to.write(chunk, () => resolve()));
      }
    };
    const copied = Promise.all([
      copy(channel.stdout, this.terminal.stdout, 'stdout'),
      copy(channel.stderr, this.terminal.stderr, 'stderr'),
    ]);
    try {
      return await channel.exited;
    } finally {
      // Also what came before a failure: the next daemon is asked for what is behind it.
      await Promise.race([copied, abortOf(signal)]);
      if (signal.aborted) this.terminal.abandonOutput();
      stop?.();
      await channel.close();
    }
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function isGone(error: unknown): boolean {
  return isKind(error, 'CONNECTION_LOST') || isKind(error, 'DAEMON_UNREACHABLE');
}

function lost(again: string): BangerError {
  return new BangerError('CONNECTION_LOST', 'the daemon is gone; the session goes on without it', {
    details: { socket: '' },
    fix: `go on with: ${again}`,
  });
}
