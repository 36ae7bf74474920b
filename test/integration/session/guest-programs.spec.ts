import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NAME_TAKEN_STATUS } from '../../../src/session/guest/keeper-program.js';
import { NO_INPUT_STATUS, NOT_RUNNING_STATUS } from '../../../src/session/guest/control-programs.js';
import { processesMentioning } from '../../support/processes.js';
import { GuestDirectory, isAlive } from './support/guest-directory.js';

let guest: GuestDirectory;
beforeEach(() => {
  guest = new GuestDirectory();
});
afterEach(() => guest.remove());

const files = (name: string): string[] => readdirSync(join(guest.root, 'sessions', name)).toSorted();
const text = (name: string): string => guest.text(name, 'stdout').toString();

describe('a session in a guest', () => {
  it('tells how it ended', async () => {
    expect(await guest.run('a', 'exit 7')).toMatchObject({ code: '7' });
    expect(await guest.run('b', 'kill -TERM $$')).toMatchObject({ signal: '15' });
    expect(await guest.run('c', 'exec true')).toMatchObject({ code: '0' });
    expect(await guest.run('d', 'exec /nowhere')).toMatchObject({ code: '127' });
    expect(guest.state('b')['code']).toBeUndefined();
    const { started, ended } = guest.state('a');
    expect(Number(ended)).toBeGreaterThanOrEqual(Number(started));
    expect(Math.abs(Date.now() - Number(ended))).toBeLessThan(60_000);
  });

  it('is answered for when its command runs, not when it has ended', async () => {
    const { status, stdout } = await guest.start('a', 'exec sleep 60');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^state=running .*pid=\d+.*\n$/)]);
    expect(isAlive(guest.state('a')['pid'])).toBe(true);
    expect(await guest.signal('a', 'INT', 'group')).toMatchObject({ status: 0 });
    expect(await guest.ended('a')).toMatchObject({ signal: '2' });
    expect(await guest.signal('a', 'INT', 'group')).toMatchObject({ status: NOT_RUNNING_STATUS });
    expect(await guest.signal('none', 'INT', 'group')).toMatchObject({ status: NOT_RUNNING_STATUS });
  });

  it('has its streams apart, each in its order, and together in the order in which they came', async () => {
    await guest.run('a', 'for i in 1 2 3; do echo out $i; sleep 0.1; echo err $i >&2; sleep 0.1; done');
    const records = guest.records('a').map(({ stream, payload }) => [stream, payload.toString()]);
    expect(records).toEqual([
      ['mark', '0 0'],
      ...[1, 2, 3].flatMap((i) => [
        ['stdout', `out ${i}\n`],
        ['stderr', `err ${i}\n`],
      ]),
    ]);
    expect(files('a')).toEqual(['output.000000000000000', 'run', 'spec', 'state']);
  });

  // The keeper's own mask, 0077, was the command's too: what a session built, nobody else could read.
  it('starts with what its starter had, and not with what its keeper needs', async () => {
    const starters = process.umask().toString(8).padStart(4, '0');
    expect(starters).not.toBe('0077');
    const script = [
      'umask; echo "in: $(cat)"; ps -o sid= -p $$; echo $SSH_CONNECTION none',
      'grep -E "^Sig(Blk|Ign)" /proc/self/status; exec ls -l /proc/self/fd',
    ];
    await guest.run('a', script.join('\n'));
    const [mask, input, sid, connection, ...rest] = text('a').split('\n');
    expect([mask, input, sid?.trim(), connection]).toEqual([
      starters,
      'in: ',
      guest.state('a')['pid'],
      'none',
    ]);
    expect(rest.slice(0, 2)).toEqual(['SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000']);
    expect(rest.slice(2).join('\n'), 'open files').not.toContain(guest.root);
  });

  it('keeps what the daemon wants to know of it, whatever it is', async () => {
    const spec = JSON.stringify({ name: 'ünï\ncode', more: 'x'.repeat(50_000) });
    await guest.run('a', 'true', { spec });
    expect(readFileSync(join(guest.root, 'sessions/a/spec'), 'utf8')).toBe(spec);
  });

  it('leaves a directory that there is already to whoever has it', async () => {
    await guest.run('a', 'echo first');
    const again = await guest.start('a', 'echo second');
    expect(again.status).toBe(NAME_TAKEN_STATUS);
    expect(again.stderr).toMatch(/there already/);
    expect(text('a')).toBe('first\n');
  });

  it('is not begun, and leaves nothing, when what it is to run did not come whole', async () => {
    const cut = await guest.startFrom('a', 'run=100 spec=2 segment=1000 limit=1000 stdin=0 timeout=0\ntrue');
    expect(cut).toMatchObject({ status: 1, stderr: expect.stringMatching(/^receiving the session: /) });
    expect(existsSync(join(guest.root, 'sessions'))).toBe(false);
  });
});

describe('input', () => {
  it('comes from several, one after the other, and ends when one of them says so', async () => {
    await guest.start('a', 'cat; echo over', { stdin: true });
    for (const line of ['one\n', 'two\n'])
      expect(await guest.send('a', line)).toEqual({ status: 0, stdout: '', stderr: '' });
    await expect.poll(() => text('a')).toBe('one\ntwo\n');
    expect(await guest.send('a', 'three\n', true)).toMatchObject({ status: 0 });
    expect(await guest.ended('a')).toMatchObject({ code: '0' });
    expect(text('a')).toBe('one\ntwo\nthree\nover\n');
    expect(files('a')).not.toContain('stdin');
    expect(await guest.send('a', 'four\n')).toMatchObject({ status: NOT_RUNNING_STATUS });
  });

  it('is refused by one that takes none, and by one whose input was closed', async () => {
    await guest.start('none', 'exec sleep 60');
    await guest.start('closed', 'cat; exec sleep 60', { stdin: true });
    expect(await guest.send('none', 'x')).toMatchObject({ status: NO_INPUT_STATUS });
    await guest.send('closed', '', true);
    await expect.poll(async () => (await guest.send('closed', 'x')).status).toBe(NO_INPUT_STATUS);
    for (const name of ['none', 'closed']) {
      await guest.signal(name, 'KILL', 'all');
      await guest.ended(name);
    }
  });

  it('is taken at the pace of the session, whole', async () => {
    const much = 'a line of input\n'.repeat(100_000);
    await guest.start('a', 'sleep 0.3; wc -c; ', { stdin: true });
    expect(await guest.send('a', much, true)).toMatchObject({ status: 0 });
    await guest.ended('a');
    expect(text('a').trim()).toBe(String(much.length));
  });

  it('that a session never reads ends with it', async () => {
    await guest.start('a', 'sleep 0.5; exit 3', { stdin: true });
    expect(await guest.send('a', 'x'.repeat(200_000))).toMatchObject({ status: NOT_RUNNING_STATUS });
    expect(await guest.ended('a')).toMatchObject({ code: '3' });
  });
});

describe('a terminal', () => {
  const terminal = { rows: 31, columns: 117 };

  it('has its size, echoes, and has one stream', async () => {
    await guest.start('a', 'tty; stty size; read line; echo "got $line" >&2', { stdin: true, terminal });
    await expect.poll(() => text('a')).toMatch(/31 117/);
    const { tty } = guest.state('a');
    await guest.send('a', 'hello\n');
    expect(await guest.ended('a')).toMatchObject({ code: '0' });
    expect(text('a')).toBe(`${tty}\r\n31 117\r\nhello\r\ngot hello\r\n`);
    expect(
      guest
        .records('a')
        .slice(0, 2)
        .map(({ stream, payload }) => [stream, payload.toString()]),
    ).toEqual([
      ['mark', '0 0'],
      ['size', '31 117'],
    ]);
  });

  it('tells where in its output its size was changed, whoever did it', async () => {
    await guest.run('a', 'echo before; sleep 0.2; stty rows 10 columns 20; echo after', {
      stdin: true,
      terminal,
    });
    const records = guest.records('a').map(({ stream, payload }) => `${stream} ${payload.toString()}`);
    expect(records.slice(1)).toEqual(['size 31 117', 'stdout before\r\n', 'size 10 20', 'stdout after\r\n']);
  });

  it('takes a great deal of input, byte for byte, and gives as much', async () => {
    const much = 'all sorts of things: äöü\n'.repeat(20_000);
    const script = `stty raw -echo; echo ready; head -c ${Buffer.byteLength(much)}`;
    await guest.start('a', script, { stdin: true, terminal });
    await expect.poll(() => text('a')).toContain('ready');
    expect(await guest.send('a', much)).toMatchObject({ status: 0 });
    expect(await guest.ended('a')).toMatchObject({ code: '0' });
    expect(text('a') === `ready\n${much}`).toBe(true);
  });

  it('has an end of its input behind all that was given, also where that is no whole line', async () => {
    const lines = 'a line of input\n'.repeat(2_000);
    for (const [name, input] of [
      ['whole', lines],
      ['half', `${lines}half a line`],
      ['none', ''],
    ] as const) {
      await guest.start(name, 'stty -echo; echo ready; wc -c', { stdin: true, terminal });
      await expect.poll(() => text(name)).toContain('ready');
      expect(await guest.send(name, input, true)).toMatchObject({ status: 0 });
      await guest.ended(name);
      expect([name, text(name)]).toEqual([name, `ready\r\n${input.length}\r\n`]);
    }
  });

  it('has its signals, job control, and an end of input', async () => {
    await guest.start('a', 'trap "echo interrupted" INT; cat; echo over', { stdin: true, terminal });
    await guest.send('a', 'x\n');
    await expect.poll(() => text('a')).toBe('x\r\nx\r\n');
    await guest.send('a', '', true);
    await guest.ended('a');
    expect(text('a')).toBe('x\r\nx\r\nover\r\n');
    await guest.start('b', 'exec cat', { stdin: true, terminal });
    await guest.send('b', '\u0003');
    expect(await guest.ended('b')).toMatchObject({ signal: '2' });
  });
});

describe('the end of a session', () => {
  it('comes when its time is over, also when it ignores TERM', async () => {
    const begun = performance.now();
    await guest.start('heeds', 'trap "echo bye; exit 3" TERM; while :; do sleep 0.1; done', { timeout: 1 });
    await guest.start('ignores', 'trap "" TERM; while :; do sleep 0.2; done', { timeout: 1 });
    expect(await guest.ended('heeds')).toMatchObject({ code: '3', timedout: '1' });
    expect(text('heeds')).toBe('bye\n');
    expect(await guest.ended('ignores')).toMatchObject({ signal: '9', timedout: '1' });
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('does not wait for a child in the background that keeps its output open', async () => {
    await guest.start('a', 'sleep 30 & echo $!; exit 4');
    const begun = performance.now();
    expect(await guest.ended('a')).toMatchObject({ code: '4' });
    expect(performance.now() - begun).toBeLessThan(3_000);
    process.kill(Number(text('a')), 'SIGKILL');
  });

  it('does not wait for one that never stops writing either', async () => {
    await guest.start('a', '(while sleep 0.05; do echo more; done) & echo $!; exit 4');
    const begun = performance.now();
    expect(await guest.ended('a')).toMatchObject({ code: '4' });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await expect.poll(() => isAlive(text('a').split('\n')[0])).toBe(false);
  });

  it('ends, when asked for, whatever it has started that is still of it', async () => {
    await guest.start('a', 'set -m; (sleep 61 & sleep 62 & wait) & nohup sleep 63 >/dev/null 2>&1 & wait');
    const { pid } = guest.state('a');
    const sleeps = async (): Promise<number> =>
      (await processesMentioning(guest.root)).filter(({ commandLine }) => commandLine.startsWith('sleep 6'))
        .length;
    await expect.poll(sleeps).toBe(3);
    expect(await guest.signal('a', 'KILL', 'all')).toMatchObject({ status: 0 });
    expect(await guest.ended('a')).toMatchObject({ signal: '9', pid });
    await expect.poll(sleeps).toBe(0);
  });

  // It was answered for before it had a group that a signal could go to, and before it was bound to its keeper.
  it('can be asked for as soon as the start is answered', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const running = names.map(async (name) => {
      await guest.start(name, 'exec sleep 60');
      // its keeper's name is its own until it runs
      return readFileSync(`/proc/${guest.state(name)['pid']}/cmdline`, 'latin1');
    });
    expect((await Promise.all(running)).filter((line) => line.startsWith('banger-session'))).toEqual([]);
    for (const name of names) {
      expect(await guest.signal(name, 'TERM', 'group')).toMatchObject({ status: 0 });
      expect(await guest.ended(name)).toMatchObject({ signal: '15' });
    }
  });

  it('comes to a command whose keeper is killed, and is not told as one that was seen', async () => {
    await guest.start('a', 'exec sleep 60');
    const { pid, keeper } = guest.state('a');
    process.kill(Number(keeper), 'SIGKILL');
    await expect.poll(() => [isAlive(keeper), isAlive(pid)]).toEqual([false, false]);
    expect(guest.state('a')['state']).toBe('running');
    expect(await guest.signal('a', 'TERM', 'all')).toMatchObject({ status: NOT_RUNNING_STATUS });
  });
});
