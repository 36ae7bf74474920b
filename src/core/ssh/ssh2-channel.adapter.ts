import type { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { TerminalSize } from '../../contract/index.js';
import type { SshChannel, SshExit } from './ssh-client.js';
import { OutputPump, StdinWriter } from './ssh2-streams.adapter.js';

/** `ms` of silence after the exit that end the wait for output; whoever still holds it then is a background child */
const DRAIN_IDLE_MS = 250;

const CUT_OFF: SshExit = { exitCode: 255, signal: null, cutOff: true };

export class Ssh2Channel implements SshChannel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<SshExit>;
  readonly #channel: ClientChannel;
  readonly #pumps: readonly OutputPump[];
  readonly #settled = Promise.withResolvers<SshExit>();
  #status: SshExit | undefined;
  #ending = false;
  #done = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: ClientChannel, label: string) {
    this.#channel = channel;
    this.exited = this.#settled.promise;
    this.stdin = new StdinWriter(channel, label);
    const onEnd = (): void => this.#settleIfDrained();
    const stdout = new OutputPump(channel, onEnd);
    const stderr = new OutputPump(channel.stderr, onEnd);
    this.#pumps = [stdout, stderr];
    this.stdout = stdout.output;
    this.stderr = stderr.output;
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#status = {
        exitCode: code,
        signal: code === null ? (signal ?? 'UNKNOWN').replace(/^SIG/, '') : null,
      };
      this.#end();
    });
    channel.on('close', () => this.#end());
    channel.on('error', () => this.#end());
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#channel.setWindow(rows, columns, 0, 0);
  }

  signal(name: string): void {
    this.#channel.signal(name);
  }

  close(): void {
    this.#settle();
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    for (const pump of this.#pumps) pump.lastDataAt = performance.now();
    this.#settleIfDrained();
  }

  /** The exit may overtake the last output: wait for the end of both outputs, or until nothing comes any more. */
  #settleIfDrained(): void {
    if (!this.#ending || this.#done) return;
    if (this.#pumps.every((pump) => pump.ended)) return this.#settle();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // A blocked event loop fires timers before it reads what is there; one more turn reads it.
      setImmediate(() => (this.#silent() ? this.#settle() : this.#settleIfDrained()));
    }, DRAIN_IDLE_MS);
  }

  #silent(): boolean {
    const since = performance.now() - DRAIN_IDLE_MS;
    return this.#pumps.every((pump) => pump.ended || (!pump.stalled && pump.lastDataAt <= since));
  }

  #settle(): void {
    if (this.#done) return;
    this.#done = true;
    clearTimeout(this.#timer);
    for (const pump of this.#pumps) pump.finish();
    this.#channel.close();
    this.stdin.destroy();
    this.#settled.resolve(this.#status ?? CUT_OFF);
  }
}
