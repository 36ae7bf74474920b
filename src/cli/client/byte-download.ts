import { resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { ChannelGrant } from '../../contract/vm-access.dto.js';
import { CancelledError } from '../../core/errors/index.js';

import { CopyProgress } from '../copy/copy-progress.js';
import { BROKEN_PIPE_EXIT_CODE } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { OutputFiles } from '../io/output-files.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { PatchPainter } from '../workspace/patch-painter.js';
import { DaemonConnector } from './daemon-connector.js';
import { openByteChannel } from './rpc.js';
import type { RpcClient } from './rpc.js';

type Ask = (client: RpcClient) => Promise<ChannelGrant>;
type Take = (chunk: Buffer) => Promise<void>;

/** Takes a patch, a bundle or an image off the daemon's hands, piece by piece. */
@Injectable()
export class ByteDownload {
  constructor(
    private readonly invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly terminal: Terminal,
    private readonly presenter: Presenter,
    private readonly files: OutputFiles,
  ) {}

  /**
   * Onto stdout: byte for byte into a pipe or a file; on a terminal in colours, and without what a guest could do to
   * it. @returns `bytes` that came
   */
  async show(ask: Ask): Promise<number> {
    const stop = new AbortController();
    void this.terminal.stdoutClosed.then(() => stop.abort());
    const { stdout, stdoutIsTty } = this.terminal;
    const write = (data: Buffer | string): Promise<void> =>
      new Promise((done) => stdout.write(data, () => done()));
    const painter = stdoutIsTty ? new PatchPainter(this.presenter.outStyle) : undefined;
    try {
      const bytes = await this.receive(ask, (chunk) => write(painter?.push(chunk) ?? chunk), stop.signal);
      if (painter !== undefined) await write(painter.end());
      return bytes;
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      return 0;
    } finally {
      if (this.terminal.stdoutError !== undefined) this.invocation.fail(BROKEN_PIPE_EXIT_CODE);
    }
  }

  /**
   * Into a file, which is whole or as it was. @returns `bytes` of it
   * @throws OUTPUT_UNWRITABLE, DISK_FULL, CANCELLED; RESOURCE_TAKEN when there is one that is not to be replaced
   */
  async save(path: string, ask: Ask, { replace = true }: { replace?: boolean } = {}): Promise<number> {
    const stop = new AbortController();
    const unsubscribe = this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => stop.abort());
    const file = await this.files.create(resolve(this.invocation.facts.cwd, path), { replace });
    const progress = new CopyProgress(path, this.terminal, this.presenter, this.invocation.flags.quiet);
    const take = async (chunk: Buffer): Promise<void> => {
      await file.write(chunk);
      progress.add(chunk.length);
    };
    try {
      const bytes = await this.receive(ask, take, stop.signal);
      await file.finish();
      return bytes;
    } catch (error) {
      throw stop.signal.aborted ? new CancelledError(`writing ${path}`) : error;
    } finally {
      progress.end();
      await file.discard();
      unsubscribe();
    }
  }

  private async receive(ask: Ask, take: Take, signal: AbortSignal): Promise<number> {
    return this.connector.with(async (client) => {
      const grant = await ask(client);
      const { socketPath } = this.connector;
      const channel = await openByteChannel({ socketPath, token: grant.token, signal });
      let bytes = 0;
      try {
        for await (const chunk of channel.stdout as AsyncIterable<Buffer>) {
          await take(chunk);
          bytes += chunk.length;
        }
        await channel.exited;
        return bytes;
      } finally {
        await channel.close();
      }
    });
  }
}
