import { Injectable } from '@nestjs/common';
import type { VmView } from '../../contract/vm.dto.js';
import { CancelledError } from '../../core/errors/index.js';
import type { RpcClient } from '../client/rpc.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { Invocation } from '../invocation.js';
import { BROKEN_PIPE_EXIT_CODE } from '../guest/guest-exit.js';
import { Terminal } from '../io/terminal.js';
import { CANCEL_EXIT_CODE } from '../operation/interruption.js';
import { Presenter } from '../render/presenter.js';
import { formatBytes, formatDuration } from '../render/text.js';
import { STANDARD_STREAM } from './copy-ends.js';
import type { CopyRequest } from './copy-ends.js';
import type { CopyJob, CopyResult } from './copy-job.js';
import { copyIn } from './copy-in.js';
import { copyOut } from './copy-out.js';
import { CopyProgress } from './copy-progress.js';
import { GuestSide } from './guest-side.js';
import { HostFiles } from './host-files.js';
import { sendStream } from './send-file.js';

const MIB = 1024 * 1024;
/** of tar's headers and padding, for each byte of a file system */
const ARCHIVE_SHARE = 2;
/** mke2fs makes no more inodes than one for so many `bytes` */
const BYTES_PER_INODE = 1024;

/** Copies between this host and a VM: the bytes on channels of the daemon's, the files here with the caller's rights. */
@Injectable()
export class FileCopier {
  constructor(
    private readonly invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly files: HostFiles,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {}

  async run(client: RpcClient, request: CopyRequest): Promise<void> {
    const vm = await client.call('vm.get', { vm: request.vm });
    const cancel = new AbortController();
    const title =
      request.sources.length === 1 ? (request.sources[0] ?? '') : `${request.sources.length} things`;
    const progress = new CopyProgress(title, this.terminal, this.presenter, this.invocation.flags.quiet);
    const guest = new GuestSide(client, this.connector.socketPath, vm.id, cancel.signal);
    const stopSignals = this.cancelOnSignals(cancel);
    try {
      const result = await this.copy({ request, files: this.files, guest, progress }, vm);
      progress.end();
      if (result === undefined) this.invocation.exitCode = BROKEN_PIPE_EXIT_CODE;
      else this.report(vm, request, result, progress.elapsedMs);
    } catch (error) {
      throw cancel.signal.aborted ? new CancelledError('the copy') : error;
    } finally {
      progress.end();
      stopSignals();
    }
  }

  private async copy(job: CopyJob, vm: VmView): Promise<CopyResult | undefined> {
    if (job.request.direction === 'out') return await copyOut(job, boundsOf(vm), this.terminal);
    if (job.request.sources[0] === STANDARD_STREAM) return await sendStream(job, this.terminal.stdin);
    return await copyIn(job);
  }

  /** The first one ends the copy in order, the second banger. */
  private cancelOnSignals(cancel: AbortController): () => void {
    return this.terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
      if (cancel.signal.aborted) this.terminal.exitNow(CANCEL_EXIT_CODE);
      cancel.abort(new CancelledError('the copy'));
    });
  }

  private report(vm: VmView, request: CopyRequest, result: CopyResult, ms: number): void {
    const toStdout = request.direction === 'out' && request.target === STANDARD_STREAM;
    if (this.presenter.json && !toStdout) return this.presenter.result({ vm, ...result }, () => '');
    if (!this.terminal.stderrIsTty || toStdout) return;
    const things = result.entries === undefined || result.entries === 1 ? '' : `${result.entries} things, `;
    this.presenter.note(`copied ${things}${formatBytes(result.bytes)} in ${formatDuration(ms)}`);
  }
}

function boundsOf({ memoryMib, diskMib, workDiskMib = 0 }: VmView): { maxBytes: number; maxEntries: number } {
  const bytes = (memoryMib + diskMib + workDiskMib) * MIB;
  return { maxBytes: bytes * ARCHIVE_SHARE, maxEntries: Math.ceil(bytes / BYTES_PER_INODE) };
}
