import { Injectable } from '@nestjs/common';
import { cancellation } from '../../core/errors/index.js';
import type { OperationContext, StepContext } from '../../core/operations/index.js';
import { openChannel } from '../../core/ssh/index.js';
import type { SshChannel, SshExit } from '../../core/ssh/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { guestCommandLine } from '../exec/guest-command-line.js';
import type { Vm } from '../vm.types.js';
import { OutputLines } from './output-lines.js';

export interface GuestRun {
  /** for messages: `the setup of /home/ada/shop/.banger.toml` */
  readonly what: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly limitMs: number;
}

export interface GuestRunEnd {
  /** null when it was ended by a signal, or for `stoppedBy` */
  readonly exitCode: number | null;
  /** what ended it from outside: its time was over, or the connection to the guest was lost */
  readonly stoppedBy?: 'time' | 'connection';
  /** printable */
  readonly outputTail: string;
}

/** Runs commands of a repository in its guest, with the VM's variables; what they write is shown live, line by line. */
@Injectable()
export class GuestRunner {
  constructor(private readonly access: GuestAccess) {}

  /** @throws VM_GUEST_UNREACHABLE when it could not be begun, CancelledError; any end of it is an outcome */
  async run(
    vm: Vm,
    { what, command, cwd, limitMs }: GuestRun,
    { operation, step }: { operation: OperationContext; step: StepContext },
  ): Promise<GuestRunEnd> {
    const { signal } = operation;
    const limit = AbortSignal.timeout(limitMs);
    const stop = AbortSignal.any([signal, limit]);
    const connection = await this.access.connect(vm, signal);
    const line = guestCommandLine({ command, cwd, env: vm.env });
    const lines = new OutputLines((text) => {
      operation.output(text);
      step.detail(text);
    });
    try {
      const channel = await openChannel(connection, { line }, stop, () => cancellation(stop, what));
      const exit = await follow(channel, lines, stop);
      if (!stop.aborted)
        return exit.cutOff === true
          ? { exitCode: null, stoppedBy: 'connection', outputTail: lines.tail }
          : { exitCode: exit.exitCode, outputTail: lines.tail };
    } catch (error) {
      if (!stop.aborted) throw error;
    }
    if (signal.aborted) throw cancellation(signal, what);
    return { exitCode: null, stoppedBy: 'time', outputTail: lines.tail };
  }
}

async function follow(channel: SshChannel, lines: OutputLines, stop: AbortSignal): Promise<SshExit> {
  const abort = (): void => {
    channel.signal('TERM');
    channel.close();
  };
  try {
    stop.addEventListener('abort', abort, { once: true });
    if (stop.aborted) abort();
    channel.stdin.end();
    channel.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
    return await channel.exited;
  } finally {
    stop.removeEventListener('abort', abort);
    channel.close();
  }
}
