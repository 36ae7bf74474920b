import { once } from 'node:events';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FollowDecoder } from '../../../src/session/follow/follow-frames.js';
import { NO_INPUT_STATUS, NOT_RUNNING_STATUS } from '../../../src/session/guest/control-programs.js';
import { GuestDirectory } from './support/guest-directory.js';

const terminal = { rows: 24, columns: 80 };

/** Somebody who is attached, and what they were shown. */
class Person {
  /** offset and bytes of each piece of the log */
  readonly pieces: { offset: number; payload: Buffer }[] = [];
  readonly ended: Promise<number | null>;

  constructor(readonly process: ChildProcessWithoutNullStreams) {
    const decoder = new FollowDecoder();
    process.stdout.on('data', (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) if (frame.type === 'output') this.pieces.push(frame);
    });
    this.ended = once(process, 'close').then(([status]) => status as number | null);
  }

  type(text: string): void {
    this.process.stdin.write(text);
  }

  get shown(): string {
    return Buffer.concat(this.pieces.map(({ payload }) => payload)).toString('latin1');
  }

  /** Whether each piece is what the log has at that place. */
  agreesWith(log: Buffer): boolean {
    return this.pieces.every(({ offset, payload }) =>
      log.subarray(offset, offset + payload.length).equals(payload),
    );
  }

  async leave(): Promise<number | null> {
    this.process.stdin.end();
    return this.ended;
  }
}

describe('who is attached to a terminal', () => {
  let guest: GuestDirectory;
  beforeEach(() => {
    guest = new GuestDirectory();
  });
  afterEach(() => guest.remove());

  const attach = (name: string): Person => new Person(guest.attach(name));
  const text = (name: string): string => guest.text(name, 'stdout').toString();

  it('types, is shown what comes, and leaves the session when they go', async () => {
    await guest.start('a', 'stty -echo; echo ready; exec cat', { stdin: true, terminal });
    await expect.poll(() => text('a')).toBe('ready\r\n');
    const person = attach('a');
    for (const line of ['one', 'two', 'three']) {
      person.type(`${line}\n`);
      await expect.poll(() => person.shown).toContain(`${line}\r\n`);
    }
    expect(text('a')).toBe('ready\r\none\r\ntwo\r\nthree\r\n');
    expect(person.agreesWith(guest.output('a'))).toBe(true);
    expect(await person.leave()).toBe(0);

    expect(await guest.send('a', 'given\n')).toMatchObject({ status: 0 });
    await expect.poll(() => text('a')).toContain('given');
    const again = attach('a');
    again.type('again\n');
    await expect.poll(() => again.shown).toContain('again\r\n');
    again.type('\u0003');
    expect(await guest.ended('a')).toMatchObject({ signal: '2' });
    expect(text('a')).toMatch(/given\r\n.*again\r\n/s);
    await again.leave();
  });

  it('is one at a time: the one who came last', async () => {
    await guest.start('a', 'exec cat', { stdin: true, terminal });
    const first = attach('a');
    first.type('a');
    await expect.poll(() => first.shown).toContain('\na');
    const second = attach('a');
    second.type('b');
    await expect.poll(() => second.shown).toContain('\nb');
    first.type('c');
    second.type('d');
    await expect.poll(() => second.shown).toContain('\nd');
    expect([first.shown.includes('\nb'), text('a')]).toEqual([false, 'abd']);
    expect([await first.leave(), await second.leave()]).toEqual([0, 0]);
    await guest.signal('a', 'KILL', 'all');
    await guest.ended('a');
  });

  it('holds nobody up who does not read, and misses nothing that is not in the log', async () => {
    const script = 'stty -echo -onlcr; read go; seq 1 200000; echo over; read go';
    await guest.start('a', script, { stdin: true, terminal });
    const person = attach('a');
    person.process.stdout.pause();
    person.type('go\n');
    await expect.poll(() => text('a'), { timeout: 30_000 }).toMatch(/over\n$/);
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(text('a') === `${lines}over\n`).toBe(true);
    person.process.stdout.resume();
    await expect.poll(() => person.pieces.length).toBeGreaterThan(0);
    expect(person.agreesWith(guest.output('a'))).toBe(true);
    person.type('go\n');
    await guest.ended('a');
    await person.leave();
  });

  it('may be gone without a word, and another one come', async () => {
    await guest.start('a', 'exec cat', { stdin: true, terminal });
    const gone = attach('a');
    gone.type('x');
    await expect.poll(() => gone.shown).toContain('\nx');
    gone.process.kill('SIGKILL');
    gone.process.stdout.destroy();
    await gone.leave();
    const next = attach('a');
    next.type('y');
    await expect.poll(() => text('a')).toBe('xy');
    next.type('\u0003');
    expect(await guest.ended('a')).toMatchObject({ signal: '2' });
    await next.leave();
  });

  it('is refused by a session that takes no input, has no terminal or has ended', async () => {
    await guest.start('none', 'exec sleep 60', { terminal });
    await guest.start('pipe', 'exec cat', { stdin: true });
    await guest.run('over', 'true', { stdin: true, terminal });
    const statuses = ['none', 'pipe', 'over', 'unknown'].map((name) => attach(name).ended);
    expect(await Promise.all(statuses)).toEqual([
      NO_INPUT_STATUS,
      NO_INPUT_STATUS,
      NOT_RUNNING_STATUS,
      NOT_RUNNING_STATUS,
    ]);
    for (const name of ['none', 'pipe']) {
      await guest.signal(name, 'KILL', 'all');
      await guest.ended(name);
    }
  });
});
