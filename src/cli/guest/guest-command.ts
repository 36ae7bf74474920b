import { Injectable } from '@nestjs/common';
import type { VmExecParams } from '../../contract/vm-access.dto.js';
import { openByteChannel } from '../client/rpc.js';
import type { ClientByteChannel, RpcClient } from '../client/rpc.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { Terminal } from '../io/terminal.js';
import { SessionStarter } from '../session/session-starter.js';
import type { StartRequest } from '../session/session-starter.js';
import { CapturedOutput } from './captured-output.js';
import type { CaptureView } from './captured-output.js';
import { BROKEN_PIPE_EXIT_CODE, exitCodeOfGuest } from './guest-exit.js';
import { termName } from './term-name.js';
import type { GuestExit } from './guest-exit.js';

export interface GuestCommandRequest {
  readonly vm: string;
  readonly command: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** a terminal in the guest, wired to ours */
  readonly tty: boolean;
  /** extra variables and TERM come from here */
  readonly term: string | undefined;
  /** `s` that the command gets; no limit when left out */
  readonly timeoutSeconds?: number | undefined;
  /** whether the command reads our stdin; true when left out */
  readonly stdin?: boolean;
}

/** `ms` that our reader gets for the last output of a command whose time was over */
const LAST_OUTPUT_MS = 1_000;
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** the guest's command gets the signals; who insists wants to leave */
const SIGNALS_TO_LEAVE = 3;

/** Runs a command in a VM with this process's streams, terminal and signals. */
@Injectable()
export class GuestCommand {
  constructor(
    private readonly terminal: Terminal,
    private readonly connector: DaemonConnector,
    private readonly starter: SessionStarter,
  ) {}

  /** Streams the command's output; returns the exit status that banger should end with. */
  async run(client: RpcClient, request: GuestCommandRequest): Promise<number> {
    const channel = await this.open(client, request);
    const exit = request.tty ? await this.attach(channel) : await this.pipe(channel);
    if (exit.timedOut === true) this.terminal.err(`banger: ${timeOver(request)}\n`);
    return exitCodeOfGuest(exit);
  }

  /** Leaves the command running in the VM as a session, and prints its id. */
  async detach(client: RpcClient, request: StartRequest): Promise<void> {
    await this.starter.start(client, request);
  }

  /** Runs the command with its output kept, bounded, instead of streamed. */
  async capture(client: RpcClient, request: GuestCommandRequest): Promise<GuestExit & CaptureView> {
    const channel = await this.open(client, { ...request, tty: false });
    const stdout = new CapturedOutput(channel.stdout);
    const stderr = new CapturedOutput(channel.stderr);
    const stopSignals = this.forwardSignals(channel);
    if (request.stdin === false) channel.stdin.end();
    else this.feed(channel);
    try {
      const exit = await channel.exited;
      await Promise.all([stdout.ended, stderr.ended]);
      return {
        exitCode: exit.exitCode,
        signal: exit.signal,
        timedOut: exit.timedOut === true,
        stdout: stdout.text,
        stderr: stderr.text,
        stdoutTruncated: stdout.truncated,
        stderrTruncated: stderr.truncated,
      };
    } finally {
      stopSignals();
      await this.release(channel);
    }
  }

  private async open(client: RpcClient, request: GuestCommandRequest): Promise<ClientByteChannel> {
    const params: VmExecParams = {
      vm: request.vm,
      command: [...request.command],
      ...(request.cwd !== undefined && { cwd: request.cwd }),
      ...(request.env !== undefined && { env: { ...request.env } }),
      ...(request.timeoutSeconds !== undefined && { timeoutSeconds: request.timeoutSeconds }),
      ...(request.tty && { terminal: { ...this.terminal.dimensions(), term: termName(request.term) } }),
    };
    const grant = await client.call('vm.exec', params);
    return await openByteChannel({ socketPath: this.connector.socketPath, token: grant.token });
  }

  private async attach(channel: ClientByteChannel): Promise<GuestExit> {
    const stopResize = this.terminal.onResize((size) => channel.resize(size));
    const stopSignals = this.terminal.onSignal(['SIGTERM', 'SIGHUP'], (name) => {
      channel.signal('SIGHUP');
      this.terminal.exitNow(name === 'SIGTERM' ? 143 : 129);
    });
    this.terminal.setRaw(true);
    try {
      this.feed(channel);
      return await this.drain(channel);
    } finally {
      this.terminal.setRaw(false);
      stopSignals();
      stopResize();
      await this.release(channel);
    }
  }

  private async pipe(channel: ClientByteChannel): Promise<GuestExit> {
    const stopSignals = this.forwardSignals(channel);
    try {
      this.feed(channel);
      return await this.drain(channel);
    } finally {
      stopSignals();
      await this.release(channel);
    }
  }

  private forwardSignals(channel: ClientByteChannel): () => void {
    let received = 0;
    return this.terminal.onSignal(FORWARDED, (name) => {
      received += 1;
      if (received >= SIGNALS_TO_LEAVE) this.terminal.exitNow(130);
      channel.signal(name);
    });
  }

  /** Our stdin to the guest, its end included. A guest that closes its stdin first is no error. */
  private feed(channel: ClientByteChannel): void {
    channel.stdin.on('error', () => undefined);
    this.terminal.stdin.on('error', () => channel.stdin.end());
    this.terminal.stdin.pipe(channel.stdin);
  }

  /** The guest's output to ours, each with its own back-pressure (pipe), until both have ended. */
  private async drain(channel: ClientByteChannel): Promise<GuestExit> {
    // pipe() lets go of a target that fails, and the source stands still: its rest is read and dropped instead
    const dropRest = (): unknown => channel.stderr.resume();
    this.terminal.stderr.on('error', dropRest);
    const streams = [
      ended(channel.stdout.pipe(this.terminal.stdout, { end: false }), channel.stdout),
      ended(channel.stderr.pipe(this.terminal.stderr, { end: false }), channel.stderr),
    ];
    const finished = channel.exited.then(async (exit) => {
      const read = Promise.all(streams);
      // its time is over, whether our reader reads or not
      const late = exit.timedOut === true && (await Promise.race([read, pause(LAST_OUTPUT_MS)])) === 'late';
      if (late) this.terminal.abandonOutput();
      else await read;
      return exit;
    });
    const readerGone = this.terminal.stdoutClosed.then(() => {
      channel.signal('SIGPIPE');
      return { exitCode: BROKEN_PIPE_EXIT_CODE, signal: null };
    });
    try {
      return await Promise.race([finished, readerGone]);
    } finally {
      this.terminal.stderr.off('error', dropRest);
    }
  }

  private async release(channel: ClientByteChannel): Promise<void> {
    this.terminal.stdin.unpipe(channel.stdin);
    this.terminal.stdin.pause();
    await channel.close();
  }
}

function ended(_target: unknown, source: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) source.once(event, () => resolve());
  });
}

function timeOver({ timeoutSeconds = 0 }: GuestCommandRequest): string {
  return `the command was ended, as it took longer than ${timeoutSeconds} s (--timeout)`;
}

function pause(ms: number): Promise<'late'> {
  return new Promise((resolve) => setTimeout(() => resolve('late'), ms));
}
