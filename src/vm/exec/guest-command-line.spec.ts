import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bytesOfText, quoteShellWord } from '../../core/ssh/index.js';
import { guestCommandLine } from './guest-command-line.js';

/** Quoting is proved by the shells themselves: the one thing that a text comparison cannot tell. */
const SHELLS = ['sh', 'bash'];

function run(shell: string, line: string, env: Record<string, string> = {}) {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', line], {
    env: { PATH: '/usr/bin:/bin', ...env },
    maxBuffer: 2 ** 22,
  });
  return { stdout: stdout.toString(), stderr: stderr.toString(), status };
}

/** The same with the bytes of the line, which Node gives no program: xargs does. */
function outputBytes(shell: string, line: string): Buffer {
  const input = Buffer.concat([Buffer.from('-c\0'), bytesOfText(line), Buffer.from('\0')]);
  return spawnSync('xargs', ['-0', '-s', '200000', shell], { input, maxBuffer: 2 ** 22 }).stdout;
}

/** Bytes that are no UTF-8, those among them that shells use for themselves, as the contract writes them. */
const BYTES = [
  Array.from({ length: 128 }, (_, at) => String.fromCharCode(0xdc80 + at)).join(''),
  'x\udcff',
  `it's \udc81\udc82\udc88'"\udcfe`,
  '\udced\udca0\udc80',
  '🐢\udce2\udc82',
];

const HOSTILE = [
  '',
  ' ',
  'plain',
  'two words',
  `it's`,
  `''`,
  '"double" \\back\\slash',
  '$(touch /tmp/never) `id` ${HOME} $$',
  'line\nbreak\r\n\ttab\n',
  '*?[a-z]~',
  '-n',
  '--',
  'a=b',
  '; exit 9 #',
  'ünïcödé 漢字 🐢',
  '\u0001\u007f\u001b[31m',
  'x'.repeat(60_000),
];

/** With env(1), and without it. */
const ENVIRONMENTS = [{ LANG: 'C' }, { BANGER_REF: 'r' }];

describe.each(SHELLS)('guestCommandLine in %s', (shell) => {
  it('gives every argument byte for byte', () => {
    for (const env of ENVIRONMENTS) {
      const line = guestCommandLine({ command: ['printf', '%s\\0', ...HOSTILE], cwd: '/', env });
      expect(run(shell, line).stdout).toBe(HOSTILE.map((text) => `${text}\0`).join(''));
    }
  });

  it('gives bytes that are no UTF-8 as they are', () => {
    for (const env of ENVIRONMENTS) {
      const line = guestCommandLine({ command: ['printf', '%s\\0', ...BYTES], cwd: '/', env });
      expect(outputBytes(shell, line).toString('hex')).toBe(
        bytesOfText(BYTES.map((text) => `${text}\0`).join('')).toString('hex'),
      );
    }
    const line = guestCommandLine({
      command: ['sh', '-c', 'printf %s "$A"'],
      cwd: '/',
      env: { A: '\udc80' },
    });
    expect(outputBytes(shell, line).toString('hex')).toBe('80');
  });

  it('gives variables of banger’s byte for byte, without a program for that', () => {
    const env = { BANGER_REF: `a'b "c" $(id)\nd`, BANGER_EMPTY: '' };
    const line = guestCommandLine({ command: ['printenv', '-0'], cwd: '/', env });
    expect(line).not.toContain('env --');
    const given = run(shell, line, { LOGIN: 'kept' }).stdout.split('\0');
    expect(given).toEqual(
      expect.arrayContaining([`BANGER_REF=${env.BANGER_REF}`, 'BANGER_EMPTY=', 'LOGIN=kept']),
    );
  });

  it('gives variables that the shell has for itself', () => {
    const env = { BANGER_REF: 'r', UID: '7', PPID: '8', SECONDS: 'nine', RANDOM: 'ten' };
    const line = guestCommandLine({ command: ['printenv', ...Object.keys(env)], cwd: '/', env });
    expect(run(shell, line).stdout).toBe('r\n7\n8\nnine\nten\n');
  });

  it('gives variables byte for byte and keeps those of the login', () => {
    const env = { QUOTED: `a'b "c" $(id)\nd`, EMPTY: '', PATH: '/bin:/usr/bin' };
    const line = guestCommandLine({
      command: ['sh', '-c', 'printf "%s|%s|%s" "$QUOTED" "$EMPTY" "$LOGIN"'],
      cwd: '/',
      env,
    });
    expect(run(shell, line, { LOGIN: 'kept' }).stdout).toBe(`${env.QUOTED}||kept`);
  });

  it('enters the directory', () => {
    expect(run(shell, guestCommandLine({ command: ['pwd'], cwd: '/usr/lib' })).stdout).toBe('/usr/lib\n');
  });

  it('says that a directory cannot be entered, and does not run the command', () => {
    const cwd = `/no such/it's`;
    const result = run(shell, guestCommandLine({ command: ['echo', 'ran'], cwd }));
    expect(result).toMatchObject({ status: 125, stdout: '' });
    expect(result.stderr).toContain(`banger: cannot change to the directory ${cwd} in the guest`);
  });

  it.each([
    [['no-such-program-here'], 127],
    [[''], 127],
    [['/etc/passwd'], 126],
    [['sh', '-c', 'exit 3'], 3],
    [['a=b'], 127],
    [['-x'], 127],
  ])('runs %j with status %i', (command, status) => {
    for (const env of ENVIRONMENTS)
      expect(run(shell, guestCommandLine({ command, cwd: '/', env })).status).toBe(status);
  });

  it('starts a login shell when there is no command', () => {
    const line = guestCommandLine({ command: [], cwd: '/usr', env: { MARK: 'set' } });
    const { stdout } = spawnSync(shell, ['-c', line], {
      env: { PATH: '/usr/bin:/bin', SHELL: '/bin/bash', HOME: '/nonexistent' },
      input: 'shopt -q login_shell && echo "login $MARK $PWD"\n',
    });
    expect(stdout.toString()).toBe('login set /usr\n');
  });
});

describe('guestCommandLine', () => {
  it('refuses NUL bytes and says where', () => {
    expect(() => guestCommandLine({ command: ['echo', 'a\0b'], cwd: '/' })).toThrow(
      expect.objectContaining({
        kind: 'PARAMS_INVALID',
        details: {
          issues: [{ path: 'command.1', message: 'command.1 has a NUL byte, which no program can be given' }],
        },
      }),
    );
    expect(() => guestCommandLine({ command: [], cwd: '/\0' })).toThrow(/cwd/);
    expect(() => guestCommandLine({ command: [], cwd: '/', env: { A: '\0' } })).toThrow(/env\.A/);
  });

  it.each([
    [{ command: ['echo', 'x'.repeat(131_072)] }, 'command.1 has 131072 bytes'],
    [{ command: ['echo', `${'ü'.repeat(65_535)}xx`] }, 'command.1 has 131072 bytes'],
    [{ command: ['echo', '\udcff'.repeat(131_072)] }, 'command.1 has 131072 bytes'],
    [{ command: ['echo'], env: { AB: 'x'.repeat(131_069) } }, 'env.AB has 131069 bytes'],
    [{ command: ['echo'], cwd: `/${'x'.repeat(4095)}` }, 'cwd has 4096 bytes'],
    [{ command: ['echo', 'half \ud83d'] }, 'command.1 has half of a character'],
  ])('refuses what no program can be given, and says which it is (%#)', (command, message) => {
    expect(() => guestCommandLine({ cwd: '/', ...command })).toThrow(message);
  });

  it('takes the longest that Linux gives a program', () => {
    const longest = { command: ['echo', 'x'.repeat(131_071)], cwd: '/', env: { AB: 'y'.repeat(131_068) } };
    expect(guestCommandLine(longest)).toContain('x'.repeat(131_071));
  });

  it('leaves readable what needs no quotes', () => {
    expect([quoteShellWord('/usr/bin/env'), quoteShellWord('a b'), quoteShellWord('')]).toEqual([
      '/usr/bin/env',
      `'a b'`,
      `''`,
    ]);
  });
});
