import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import { FollowDecoder } from '../../../../src/session/follow/follow-frames.js';
import type { FollowFrame } from '../../../../src/session/follow/follow-frames.js';
import { FOLLOWER_PROGRAM } from '../../../../src/session/guest/follower-program.js';
import type { GuestDirectory } from './guest-directory.js';

/** The program that tells of a guest's sessions, and what it has told. */
export class Follower {
  readonly frames: FollowFrame[] = [];
  complaint = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param known lines of what the host has already */
  constructor(guest: GuestDirectory, known: readonly string[] = []) {
    const program = guest.program(FOLLOWER_PROGRAM);
    const child = spawn('perl', ['-e', program, '-'], { env: { GUEST: guest.root } });
    const decoder = new FollowDecoder();
    child.stdout.on('data', (chunk: Buffer) => this.frames.push(...decoder.push(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (this.complaint += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.write([...known, '', ''].join('\n'));
    this.#ended = once(child, 'close');
    this.#child = child;
  }

  /** What it has told so far, as short text: `output a 0 120`. */
  get told(): string[] {
    return this.frames.map((frame) => {
      if (frame.type === 'ready') return 'ready';
      if (frame.type === 'output') return `output ${frame.name} ${frame.offset} ${frame.payload.length}`;
      if (frame.type === 'state') {
        // looked at when its directory was there and its keeper had written nothing down yet
        const isNew = frame.payload.toString().trim() === '';
        return `state ${frame.name} ${isNew ? 'none' : frame.lives ? 'lives' : 'over'}`;
      }
      return `${frame.type} ${frame.name}`;
    });
  }

  /** Waits until it has told something like this. */
  async tells(what: string | RegExp): Promise<void> {
    await expect.poll(() => this.told, { timeout: 20_000 }).toContainEqual(expect.stringMatching(what));
  }

  /** Output of one, from the first offset that was told; it follows on itself. */
  output(name: string): { from: number; bytes: Buffer } {
    const pieces = this.frames.flatMap((frame) =>
      frame.type === 'output' && frame.name === name ? [frame] : [],
    );
    const from = pieces[0]?.offset ?? 0;
    let next = from;
    for (const { offset, payload } of pieces) {
      expect(offset).toBe(next);
      next += payload.length;
    }
    return { from, bytes: Buffer.concat(pieces.map(({ payload }) => payload)) };
  }

  /** The connection ends. @returns status, or signal */
  async end(): Promise<unknown> {
    this.#child.stdin?.end();
    return this.over();
  }

  async over(): Promise<unknown> {
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
