import { cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_FOLLOWED, OVERLAP_BYTES } from '../../../src/session/guest/follower-program.js';
import { segmentName } from '../../../src/session/guest/program.js';
import { recordBytes } from '../../support/session-records.js';
import { Follower } from './support/follower.js';
import { GuestDirectory } from './support/guest-directory.js';

describe('the follower of the sessions in a guest', () => {
  let guest: GuestDirectory;
  let followers: Follower[];
  beforeEach(() => {
    guest = new GuestDirectory();
    followers = [];
  });
  afterEach(async () => {
    for (const follower of followers) await follower.end();
    await guest.remove();
    expect(followers.map(({ complaint }) => complaint).join('')).toBe('');
  });

  function follow(...known: string[]): Follower {
    const follower = new Follower(guest, known);
    followers.push(follower);
    return follower;
  }
  const file = (name: string, start: number): string =>
    join(guest.root, 'sessions', name, segmentName(start));

  it('says that there is none, and ends with its input', async () => {
    const follower = follow();
    await follower.tells('ready');
    expect(follower.told).toEqual(['ready']);
    expect(await follower.end()).toBe(0);
  });

  it('tells of those that it is not asked for, and how they ended after all that they wrote', async () => {
    await guest.run('a', 'echo one; echo two >&2; exit 3', { spec: '{"name":"x"}' });
    const follower = follow();
    await follower.tells('state a over');
    const size = guest.output('a').length;
    expect(follower.told).toEqual(['new a', 'ready', `output a 0 ${size}`, 'state a over']);
    expect(follower.output('a').bytes.equals(guest.output('a'))).toBe(true);
    const [spec, , , state] = follower.frames;
    expect(spec).toMatchObject({ payload: Buffer.from('{"name":"x"}') });
    expect(state?.type === 'state' && state.payload.toString()).toMatch(/^state=exited code=3 ended=\d+ /);
  });

  it('tells of one that begins, and of its output as it comes', async () => {
    const follower = follow();
    await follower.tells('ready');
    await guest.start('a', 'while read line; do echo "got $line"; done; exit 5', { stdin: true });
    await follower.tells('new a');
    await follower.tells('state a lives');
    for (let round = 1; round <= 3; round += 1) {
      const begun = performance.now();
      await guest.send('a', `${round}\n`);
      await expect.poll(() => follower.output('a').bytes.toString()).toContain(`got ${round}\n`);
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
    await guest.send('a', '', true);
    await follower.tells('state a over');
    await guest.ended('a');
    expect(follower.output('a').bytes.equals(guest.output('a'))).toBe(true);
    expect(follower.told.at(-1)).toBe('state a over');
  });

  it('goes on where it is told to, with some of what was before', async () => {
    await guest.run('a', 'seq 1 10000');
    const whole = guest.output('a');
    for (const from of [whole.length, 20_000, 100, 0]) {
      const follower = follow(`a ${from}`);
      await follower.tells('state a over');
      const at = Math.max(0, from - OVERLAP_BYTES);
      expect(follower.output('a')).toEqual({ from: at, bytes: whole.subarray(at) });
      expect(follower.told.filter((told) => /^(?:new|behind|gone)/.test(told))).toEqual([]);
      await follower.end();
    }
  });

  // It took the end of a segment for the end of all: the host threw away what it had, and began again.
  it('goes on over the border of two segments that lies just before where it is told to', async () => {
    await guest.run('a', 'for i in 1 2 3 4; do seq 1 300; sleep 0.1; done', { segment: 1000 });
    const whole = guest.output('a');
    expect(guest.segments('a').length).toBeGreaterThan(2);
    for (const border of [...guest.segments('a').slice(1), whole.length])
      for (const from of [border, border + 1, Math.min(border + 500, whole.length)].filter(
        (at) => at <= whole.length,
      )) {
        const follower = follow(`a ${from}`);
        await follower.tells('state a over');
        expect(follower.told).not.toContain('behind a');
        const at = Math.max(0, from - OVERLAP_BYTES);
        expect(follower.output('a')).toEqual({ from: at, bytes: whole.subarray(at) });
        await follower.end();
      }
  });

  it('jumps over what is gone', async () => {
    await guest.run('a', 'for i in 1 2 3 4; do seq 1 3000; sleep 0.1; done', { segment: 1000 });
    const [, second = 0, third = 0] = guest.segments('a');
    rmSync(file('a', 0));
    const fromGone = follow(`a ${second - 10}`);
    await fromGone.tells('state a over');
    expect(fromGone.output('a')).toEqual({ from: second, bytes: guest.output('a') });
    await fromGone.end();
    rmSync(file('a', second));
    const within = follow(`a ${second + 10}`);
    await within.tells('state a over');
    expect(within.output('a')).toEqual({ from: third, bytes: guest.output('a') });
  });

  it('tells when there is less than the host has: the guest went back', async () => {
    await guest.run('a', 'seq 1 3000');
    const { length } = guest.output('a');
    for (const from of [length + 1, length + OVERLAP_BYTES + 1, 1_000_000]) {
      const follower = follow(`a ${from}`);
      await follower.tells('behind a');
      await follower.end();
    }
    truncateSync(file('a', 0), 50);
    await follow(`a ${length}`).tells('behind a');
  });

  it('tells of one that is gone, at once and later', async () => {
    await guest.run('a', 'echo one');
    const follower = follow('none 17', 'a 0', 'ended -');
    await follower.tells('state a over');
    expect(follower.told.slice(0, 2)).toEqual(['gone none', 'ready']);
    rmSync(join(guest.root, 'sessions/a'), { recursive: true });
    await follower.tells('gone a');
  });

  it('says nothing of one that has ended and is copied', async () => {
    await guest.run('a', 'echo one');
    const follower = follow('a -');
    await follower.tells('ready');
    await guest.run('b', 'echo two');
    await follower.tells('state b over');
    expect(follower.told.filter((told) => told.includes(' a'))).toEqual([]);
  });

  // Those that had ended counted too: new ones were not followed then, and those that ran were taken for lost.
  it('tells of those that run, however many have ended', async () => {
    await guest.run('ended', 'true');
    const before = join(guest.root, 'sessions/ended');
    const known = Array.from({ length: MAX_FOLLOWED + 10 }, (_, at) => `e${at}`);
    for (const name of known) cpSync(before, join(guest.root, 'sessions', name), { recursive: true });
    await guest.start('runs', 'exec sleep 60');
    const follower = follow(...known.map((name) => `${name} -`), 'ended -', 'runs 0');
    await follower.tells('ready');
    await guest.start('later', 'exec sleep 60');
    await follower.tells('state later lives');
    expect(follower.told.filter((told) => told.startsWith('gone'))).toEqual([]);
    for (const name of ['runs', 'later']) {
      await guest.signal(name, 'KILL', 'all');
      await follower.tells(`state ${name} over`);
    }
  });

  it('says that one runs again which had ended', async () => {
    await guest.start('a', 'exec sleep 60');
    const follower = follow('a -');
    await follower.tells('state a lives');
    expect(follower.told.slice(0, 2)).toEqual(['behind a', 'state a lives']);
    await guest.signal('a', 'KILL', 'all');
    await follower.tells('state a over');
  });

  it('tells of one whose keeper is killed, soon', async () => {
    await guest.start('a', 'exec sleep 60');
    const follower = follow();
    await follower.tells('state a lives');
    process.kill(Number(guest.state('a')['keeper']), 'SIGKILL');
    await follower.tells('state a over');
    expect(follower.frames.at(-1)).toMatchObject({ lives: false });
  });

  it('is ended by the next one', async () => {
    const first = follow();
    await first.tells('ready');
    const second = follow();
    await second.tells('ready');
    expect(await first.over()).toBe('SIGKILL');
    await guest.run('a', 'echo one');
    await second.tells('state a over');
  });

  it('does not lose its way over what else lies there', async () => {
    await guest.run('a', 'echo one');
    for (const name of ['not a name', '.hidden', 'file'])
      writeFileSync(join(guest.root, 'sessions', name), 'x');
    const follower = follow('garbage', 'a x', 'a 0');
    await follower.tells('state a over');
    writeFileSync(file('a', guest.output('a').length), recordBytes('mark', '4 0'));
    await guest.run('b', 'echo two');
    await follower.tells('state b over');
    for (const name of ['not a name', '.hidden', 'file']) rmSync(join(guest.root, 'sessions', name));
  });

  it('tells all of 30 sessions that write at once', async () => {
    const follower = follow();
    await follower.tells('ready');
    const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
    await Promise.all(names.map((name) => guest.start(name, 'seq 1 20000', { segment: 20_000 })));
    for (const name of names) await follower.tells(`state ${name} over`);
    for (const name of names) {
      expect(follower.output(name).bytes.equals(guest.output(name)), name).toBe(true);
      await guest.ended(name);
    }
  });
});
