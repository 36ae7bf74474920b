import { PassThrough } from 'node:stream';
import { expect } from 'vitest';
import type { SshConnection } from '../../../../src/core/ssh/index.js';

interface Channel {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
}

/** A guest whose follower says what a test wants it to, however untrue. */
export class ScriptedGuest {
  /** what it was asked on each connection: lines of known sessions */
  readonly asked: string[][] = [];
  readonly #answers: Promise<unknown>[] = [];
  #channel: Channel | undefined;

  /** @param answer no connection comes about before it, whatever becomes of who asked for one */
  hold(answer: Promise<unknown>): void {
    this.#answers.push(answer);
  }

  async connect(): Promise<SshConnection> {
    await Promise.all(this.#answers);
    return { open: () => Promise.resolve(this.#open()) } as unknown as SshConnection;
  }

  /** Waits until it has been asked so often. */
  async isAsked(times: number): Promise<void> {
    await expect.poll(() => this.asked.length, { timeout: 10_000 }).toBe(times);
  }

  /** @param header without the length of the payload, which is put behind it when there is one */
  say(header: string, payload?: Buffer | string): void {
    const bytes = Buffer.from(payload ?? '');
    const line = payload === undefined ? header : `${header} ${bytes.length}`;
    this.#channel?.stdout.write(Buffer.concat([Buffer.from(`${line}\n`), bytes]));
  }

  #open(): Channel & { close: () => void } {
    const channel = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    channel.stdin.on('data', (lines: Buffer) => this.asked.push(lines.toString().trim().split('\n')));
    this.#channel = channel;
    return { ...channel, close: () => channel.stdout.end() };
  }
}
