import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { GuestDirectory, isAlive } from './support/guest-directory.js';

describe('output', () => {
  let guest: GuestDirectory;
  beforeEach(() => {
    guest = new GuestDirectory();
  });
  afterEach(() => guest.remove());

  it('of a million short lines is there, all of them', async () => {
    await guest.run('a', 'exec seq 1 1000000', { segment: 1 << 20 });
    const expected = Array.from({ length: 1_000_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(guest.text('a', 'stdout').equals(Buffer.from(expected))).toBe(true);
    expect(guest.segments('a').length).toBeGreaterThan(5);
  });

  it('of 50 MB that are no text is there, byte for byte', async () => {
    const script = 'head -c 50000000 /dev/urandom | tee /dev/stderr | sha256sum >"$GUEST/sum"';
    await guest.run('a', script, { segment: 1 << 23, limit: 1 << 30 });
    const sum = readFileSync(join(guest.root, 'sum'), 'latin1').slice(0, 64);
    const output = guest.text('a', 'stderr');
    expect([output.length, createHash('sha256').update(output).digest('hex')]).toEqual([50_000_000, sum]);
  });

  it('that is too much loses its beginning, and says how much', async () => {
    const limits = { segment: 20_000, limit: 100_000 };
    await guest.run('a', 'seq -f "line %.0f" 1 30000; echo last >&2', limits);
    const output = guest.output('a');
    expect(output.length).toBeLessThan(limits.limit + limits.segment + 2 * 65_536);
    const all = Array.from({ length: 30_000 }, (_, index) => `line ${index + 1}\n`).join('');
    const [first] = guest.records('a');
    const dropped = Number(first?.payload.toString().split(' ')[0]);
    expect([first?.stream, dropped > 0]).toEqual(['mark', true]);
    expect(guest.text('a', 'stdout').toString()).toBe(all.slice(dropped));
    expect(guest.text('a', 'stderr').toString()).toBe('last\n');
    // each segment can be read by itself: it begins with a mark
    const [kept = 0] = guest.segments('a');
    expect(kept).toBeGreaterThan(0);
    for (const start of guest.segments('a'))
      expect(output.toString('latin1', start - kept, start - kept + 40)).toMatch(/^\d+ 0 \d+\n\d+ \d+/);
  });

  it('of 30 sessions at once is apart', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const script = (name: string): string => `for i in 1 2 3 4 5; do echo ${name} $i; done; exit 3`;
    await Promise.all(names.map((name) => guest.start(name, script(name))));
    const ends = await Promise.all(names.map((name) => guest.ended(name)));
    expect(ends.map(({ code }) => code)).toEqual(names.map(() => '3'));
    for (const name of names)
      expect(guest.text(name, 'stdout').toString()).toBe(
        [1, 2, 3, 4, 5].map((i) => `${name} ${i}\n`).join(''),
      );
    expect(existsSync(join(guest.root, 'run/sessions-bell'))).toBe(true);
  });
});

describe.runIf(process.getuid?.() === 0)('on a full disk (needs root)', () => {
  let place: string;
  let disk: SmallFilesystem;
  let guest: GuestDirectory;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'bgr-full-'));
    disk = new SmallFilesystem(join(place, 'small'), 8);
    guest = new GuestDirectory(disk.directory);
  });
  afterEach(async () => {
    await guest.remove();
    disk.unmount();
    rmSync(place, { recursive: true });
  });

  // perl's truncate clears the error of the write before it: what was told was that its output could not be kept.
  it('a session is ended, which is told, with what it had written until then', async () => {
    await guest.start('a', 'trap "" PIPE; echo first; while read go; do seq 1 300000; done', { stdin: true });
    await expect.poll(() => guest.text('a', 'stdout').toString()).toBe('first\n');
    disk.fill(500_000);
    await guest.send('a', 'go\n');
    expect(await guest.ended('a')).toMatchObject({ why: 'disk-full' });
    expect(isAlive(guest.state('a')['pid'])).toBe(false);
    const all = `first\n${Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join('')}`;
    const kept = guest.text('a', 'stdout').toString();
    expect(kept.length).toBeGreaterThan(300_000);
    expect(all.startsWith(kept)).toBe(true);
  });

  it('the oldest output gives way before that', async () => {
    await guest.start('a', 'read go; seq 1 1000000; echo last', { stdin: true, segment: 200_000 });
    disk.fill(1_500_000);
    await guest.send('a', 'go\n');
    expect(await guest.ended('a')).toMatchObject({ code: '0' });
    expect(guest.state('a')['why']).toBeUndefined();
    expect(guest.text('a', 'stdout').toString()).toMatch(/^[\d\n]*999999\n1000000\nlast\n$/);
    expect(guest.segments('a')[0]).toBeGreaterThan(0);
  });

  it('a session is begun whole or not at all, and leaves nothing then', async () => {
    const outcomes: (number | null)[] = [];
    for (let pages = 0; pages < 8; pages += 1) {
      disk.fill(pages * 4096);
      const { status, stderr } = await guest.start(`s${pages}`, 'exec sleep 60');
      outcomes.push(status);
      disk.relieve();
      if (status === 0) {
        await guest.signal(`s${pages}`, 'KILL', 'all');
        expect(await guest.ended(`s${pages}`)).toMatchObject({ signal: '9' });
      } else {
        expect(stderr).toMatch(/^[^\n]+: No space left on device\n$/);
        const sessions = join(guest.root, 'sessions');
        expect(existsSync(sessions) ? readdirSync(sessions) : []).toEqual([]);
      }
      rmSync(join(guest.root, 'sessions'), { recursive: true, force: true });
      rmSync(join(guest.root, 'run'), { recursive: true, force: true });
    }
    expect(outcomes).toEqual(outcomes.toSorted().toReversed());
    expect(outcomes).toEqual(expect.arrayContaining([0, 1]));
  });
});
