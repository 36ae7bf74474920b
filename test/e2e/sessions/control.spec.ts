import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionView } from '../../../src/contract/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { startSession } from '../../support/start-session.js';
import { NO_BACKGROUND_WORK, TestHost } from '../../support/test-host.js';

const MIB = 2 ** 20;
/** Draws its size in the middle of a screen of its own, anew when that changes; ends at `q`. */
const EDITOR = String.raw`
$| = 1; system "stty raw -echo"; print "\e[?1049h\e[?25l";
sub draw { my ($rows, $columns) = split / /, qx(stty size); chomp $columns; print "\e[2J\e[1;${'$'}{rows}r\e[3;5H\e[1mgröße $rows x $columns\e[0m" }
$SIG{WINCH} = \&draw; draw();
while (1) { my $n = sysread STDIN, my $key, 1; next if !defined $n; last if $key eq "q"; print "\e[5;5H[$key]" }
print "\e[?25h\e[?1049l"; system "stty sane"; exit 7`;

describe('a session', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    const told = join(host.directory, 'told');
    const teller = join(host.directory, 'tell');
    writeFileSync(
      teller,
      `#!/bin/sh\necho "$BANGER_SESSION_NAME $BANGER_STATE $BANGER_EXIT_CODE" >> ${told}\n`,
    );
    chmodSync(teller, 0o755);
    const settings = `[session]\noutput_mib = 4\nnotify_command = ["${teller}"]\n`;
    writeFileSync(join(host.directory, 'config.toml'), `${NO_BACKGROUND_WORK}${settings}`);
    await host.json(['vm', 'create', '--name', 'work']);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'work']);
    await host.assertClean();
    await host.close();
  });

  const session = (words: string[], input?: string | Buffer) =>
    host.banger(['vm', 'session', ...words], { timeoutMs: 120_000, ...(input !== undefined && { input }) });
  const start = (name: string, options: string[], ...command: string[]): Promise<SessionView> =>
    startSession(host, ['--name', name, ...options, 'work'], command);
  const wait = async (name: string): Promise<number | null> => (await session(['wait', name])).exitCode;

  it('takes input, until that is closed, and tells its outputs apart', async () => {
    const begun = await start('cat', ['--stdin'], 'sh', '-c', 'cat; echo done >&2; exit 4');
    expect(begun).toMatchObject({ vm: 'work', state: 'running', stdin: true, terminal: false });
    expect(await session(['send', 'cat', 'one line'])).toMatchObject({ exitCode: 0 });
    expect(await session(['send', 'cat'], 'two\nthree\n')).toMatchObject({ exitCode: 0 });
    const file = join(host.directory, 'input');
    writeFileSync(file, 'from a file\n');
    expect(await session(['send', '--close', '--file', file, 'work/cat'])).toMatchObject({ exitCode: 0 });
    expect(await wait('cat')).toBe(4);
    const said = 'one line\ntwo\nthree\nfrom a file\n';
    expect(await session(['logs', begun.id])).toMatchObject({ stdout: said, stderr: 'done\n' });
    expect(await session(['logs', '--stream', 'stderr', 'cat'])).toMatchObject({
      stdout: '',
      stderr: 'done\n',
    });
    expect(await session(['logs', '--tail', '2', 'cat'])).toMatchObject({
      stdout: 'from a file\n',
      stderr: 'done\n',
    });
    const stamped = await session(['logs', '--timestamps', '--stream', 'stdout', 'cat']);
    const times = stamped.stdout.match(/^\S+(?= )/gm)?.map((time) => Date.parse(time)) ?? [];
    expect(stamped.stdout.replaceAll(/^\S+ /gm, '')).toBe(said);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Math.abs((times[0] ?? NaN) - Date.now())).toBeLessThan(120_000);
    expect(await session(['send', 'cat', 'more'])).toMatchObject({ exitCode: 4 });
    expect(await session(['logs', '--since', '1h', 'cat'])).toMatchObject({ stdout: said });
  });

  it('is signalled, stopped, killed, ended by its time limit, and deleted', async () => {
    await start('sleeping', [], 'sleep', '600');
    expect(await session(['send', 'sleeping', 'x'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('takes no input'),
    });
    expect(await session(['delete', 'sleeping'])).toMatchObject({ exitCode: 4 });
    await session(['signal', 'sleeping', 'usr1']);
    expect(await wait('sleeping')).toBe(128 + 10);
    const deaf = `trap '' TERM; (trap '' TERM HUP; sleep 601) & echo up; while :; do sleep 0.2; done`;
    await start('deaf', [], 'sh', '-c', deaf);
    expect(await session(['stop', '--timeout', '1s', 'deaf'])).toMatchObject({
      stdout: 'work/deaf: exited KILL\n',
    });
    await start('late', ['--timeout', '1s', '--on-exit', 'notify'], 'sleep', '602');
    expect(await wait('late')).toBe(128 + 15);
    expect(await host.json<SessionView>(['vm', 'session', 'show', 'late'])).toMatchObject({
      state: 'exited',
      signal: 'TERM',
      timedOut: true,
    });
    const told = join(host.directory, 'told');
    await expect.poll(() => existsSync(told) && readFileSync(told, 'utf8')).toBe('late exited \n');
    await start('killed', [], 'sh', '-c', 'sleep 603 & sleep 604');
    expect(await session(['delete', '--force', 'killed'])).toMatchObject({ exitCode: 0 });
    // nothing of any of them is left in the guest
    const left = await host.banger([
      'vm',
      'exec',
      'work',
      '--',
      'sh',
      '-c',
      'pgrep -a sleep; ls /var/lib/banger/sessions | wc -l',
    ]);
    expect(left.stdout).toBe('4\n');
    expect(await session(['delete', 'nobody'])).toMatchObject({ exitCode: 3 });
  });

  it('says why it could not be started, and what its command was refused', async () => {
    expect(await session(['start', '--name', 'late', 'work', '--', 'true'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('has a session called "late" already'),
    });
    await start('unknown', [], 'no-such-command');
    expect(await wait('unknown')).toBe(127);
    await start('lost', ['--cwd', '/not/there'], 'pwd');
    expect(await wait('lost')).toBe(125);
    expect((await session(['logs', 'lost'])).stderr).toContain('cannot change to the directory /not/there');
    expect(await session(['start', 'nobody', '--', 'true'])).toMatchObject({ exitCode: 3 });
  });

  it('gets every argument byte for byte', async () => {
    const odd = [
      '',
      ' ',
      `it's "quoted" $(id) \`id\` \\`,
      'line\nbreak',
      '-n',
      '--',
      'größe 漢',
      '\u0001\u007f',
      'x'.repeat(131_071),
    ];
    await start('odd', [], 'printf', '%s\\0', ...odd);
    expect(await wait('odd')).toBe(0);
    expect((await session(['logs', 'odd'])).stdout).toBe(odd.map((word) => `${word}\0`).join(''));
  });

  it('keeps the end of what is too much, in the VM and here, and says how much is gone', async () => {
    await start('much', [], 'sh', '-c', 'seq 1 2000000; echo end >&2');
    expect(await wait('much')).toBe(0);
    const view = await host.json<SessionView>(['vm', 'session', 'show', 'much']);
    expect(view.stdoutBytes).toBe(14_888_896);
    const { stdout, stderr } = await session(['logs', 'much']);
    expect(stderr).toBe('end\n');
    expect(stdout.length).toBeGreaterThan(3 * MIB);
    expect(stdout.length + view.droppedBytes).toBe(view.stdoutBytes);
    const kept = stdout
      .slice(stdout.indexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
      .map(Number);
    expect(kept.at(-1)).toBe(2_000_000);
    expect(kept.every((number, at) => number === 2_000_000 - kept.length + 1 + at)).toBe(true);
    const inGuest = await host.banger([
      'vm',
      'exec',
      'work',
      '--',
      'sh',
      '-c',
      'du -sm /var/lib/banger/sessions | cut -f1',
    ]);
    expect(Number(inGuest.stdout)).toBeLessThan(8);
  });

  it('takes and gives anything as it is', async () => {
    const bytes = randomBytes(3 * MIB);
    await start('binary', ['--stdin'], 'cat');
    expect(await session(['send', '--close', 'binary'], bytes)).toMatchObject({ exitCode: 0 });
    expect(await wait('binary')).toBe(0);
    const child = host.spawn(['vm', 'session', 'logs', 'binary'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const digest = createHash('sha256');
    for await (const chunk of child.stdout ?? []) digest.update(chunk as Buffer);
    expect(digest.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('fails when the disk of its VM is full, and the VM goes on', async () => {
    const exec = (script: string) => host.banger(['vm', 'exec', 'work', '--', 'sh', '-c', script]);
    await start(
      'filling',
      [],
      'sh',
      '-c',
      'while [ ! -e /full ]; do sleep 0.1; done; while :; do seq 1 10000; done',
    );
    await exec(`set -- $(stat -f -c '%f %S' /); fallocate -l $(($1 * $2 - 4194304)) /filler
dd if=/dev/zero of=/filler2 bs=64k 2>/dev/null; ln -s /run /full; sync`);
    expect(await wait('filling')).not.toBe(0);
    expect(await host.json<SessionView>(['vm', 'session', 'show', 'filling'])).toMatchObject({
      state: 'failed',
      reason: 'the disk of the VM became full, and it was ended',
    });
    const refused = await session(['start', 'work', '--', 'true']);
    expect(refused).toMatchObject({ exitCode: 10 });
    expect(refused.stderr).toMatch(/failed at .*: No space left on device[\s\S]*make room on its disk/);
    await exec('rm -f /filler /filler2 /full');
    await start('after', [], 'true');
    expect(await wait('after')).toBe(0);
  });

  it('is a screen that can be left and come back to, in any size; one types, others look on', async () => {
    const attach = `${host.launcher} vm session attach screen`;
    await start('screen', ['--tty'], 'perl', '-e', EDITOR);
    const first = new PseudoTerminal(attach, host.env);
    await first.shows('größe 30 x 90');
    first.resize(1000, 1000);
    await first.shows('größe 1000 x 1000');
    first.resize(1, 1);
    await first.shows('größe 1 x 1');
    first.resize(100, 40);
    await first.shows('größe 40 x 100');
    const second = new PseudoTerminal(attach, host.env);
    await second.shows('another terminal types; this one looks on');
    await second.shows('größe 40 x 100');
    second.type('b');
    first.type('a');
    await second.shows('[a]');
    expect(second.output).not.toContain('[b]');
    first.type('\u001d');
    expect(await first.ended()).toEqual({ status: 0, restored: true });
    const third = new PseudoTerminal(`${attach} --take`, host.env);
    await third.shows('größe 30 x 90');
    expect(await host.json<SessionView>(['vm', 'session', 'show', 'screen'])).toMatchObject({ attached: 2 });
    third.type('q');
    expect(await third.ended()).toEqual({ status: 7, restored: true });
    expect(await second.ended()).toEqual({ status: 7, restored: true });
  });

  it('shows who types what they type by a way of their own, and in its log all the same', async () => {
    const follower = (signal: string) =>
      host.banger(['vm', 'exec', 'work', '--', 'pkill', `-${signal}`, '-f', '^banger-sessions-follower']);
    await start('echo', ['--tty'], 'sh', '-c', 'echo ready; exec cat');
    const terminal = new PseudoTerminal(`${host.launcher} vm session attach echo`, host.env);
    await terminal.shows('ready');
    expect(await follower('STOP')).toMatchObject({ exitCode: 0 });
    terminal.type('typed\r');
    await terminal.shows('typed\r\ntyped');
    expect(await follower('CONT')).toMatchObject({ exitCode: 0 });
    terminal.type('\u0004');
    expect(await terminal.ended()).toEqual({ status: 0, restored: true });
    expect((await session(['logs', 'echo'])).stdout).toBe('ready\r\ntyped\r\ntyped\r\n');
  });

  it('is one of many, each of which is kept up with', async () => {
    const many = Array.from({ length: 12 }, (_, at) => `many-${at}`);
    await Promise.all(many.map((name) => start(name, [], 'sh', '-c', `echo ${name}; sleep 2; echo end`)));
    for (const name of many) {
      expect(await wait(name)).toBe(0);
      expect((await session(['logs', name])).stdout).toBe(`${name}\nend\n`);
    }
  });

  it('is made of a command by --detach', async () => {
    const { stdout } = await host.banger([
      'vm',
      'exec',
      '--detach',
      '--env',
      'A=b c',
      'work',
      '--',
      'printenv',
      'A',
    ]);
    expect(stdout).toMatch(/^ses_[0-9a-z]{12}\n$/);
    expect(await wait(stdout.trim())).toBe(0);
    expect((await session(['logs', stdout.trim()])).stdout).toBe('b c\n');
  });
});
