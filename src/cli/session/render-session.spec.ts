import { describe, expect, it } from 'vitest';
import type { SessionView } from '../../contract/session.dto.js';
import type { Presenter } from '../render/presenter.js';
import { commandOf, outcomeOf, refOf, renderSession, renderSessions } from './render-session.js';

const SESSION = {
  id: 'ses_aaaaaaaaaaaa',
  name: 'dev',
  vm: 'box',
  vmId: 'vm_aaaaaaaaaaaa',
  command: ['npm', 'start'],
  cwd: '/work',
  terminal: false,
  stdin: false,
  state: 'running' as const,
  stdoutBytes: 2048,
  stderrBytes: 1024,
  droppedBytes: 0,
  attached: 0,
  createdAt: '2026-01-02T03:04:05.000Z',
} satisfies SessionView;
const { name: _, ...NAMELESS } = SESSION;

/** That of a pipe: without colours, and as wide as need be. */
const PIPE = { tableWidth: undefined, outStyle: { bold: (text: string) => text } } as unknown as Presenter;

describe('a session', () => {
  it('is called by its name and its VM, or its id', () => {
    expect([refOf(SESSION), refOf(NAMELESS)]).toEqual(['box/dev', 'ses_aaaaaaaaaaaa']);
  });

  it.each([
    [{ state: 'running' }, 'running'],
    [{ state: 'starting' }, 'starting'],
    [{ state: 'exited', exitCode: 0 }, 'exited 0'],
    [{ state: 'exited', signal: 'TERM' }, 'exited TERM'],
    [{ state: 'exited', signal: 'KILL', timedOut: true }, 'exited KILL (time limit)'],
    [{ state: 'exited' }, 'exited ?'],
    [{ state: 'lost', reason: 'x' }, 'lost'],
    [{ state: 'failed', exitCode: 1 }, 'failed'],
  ] as const)('came out so: %j', (facts, outcome) => {
    expect(outcomeOf({ ...SESSION, ...facts })).toBe(outcome);
  });

  it.each([
    [['npm', 'start'], 'npm start'],
    [['sh', '-c', 'echo "a b"'], `sh -c 'echo "a b"'`],
    [['echo', "it's"], String.raw`echo 'it'\''s'`],
    [['echo', '', '*'], "echo '' '*'"],
    [[], '(login shell)'],
  ])('runs %j', (command, text) => {
    expect(commandOf({ ...SESSION, command })).toBe(text);
  });

  it('runs a shell on a terminal when no command was given, and a long one is cut', () => {
    expect(commandOf({ ...SESSION, command: [], terminal: true })).toBe('(shell)');
    expect(commandOf({ ...SESSION, command: ['x'.repeat(1000)] })).toHaveLength(200);
  });
});

describe('sessions', () => {
  it('are a table', () => {
    const command = ['echo', 'a\n\u001b[31mb'];
    const lines = renderSessions([SESSION, { ...NAMELESS, command }], PIPE).split('\n');
    expect(lines[0]?.split(/ +/)).toEqual(['ID', 'NAME', 'VM', 'STATE', 'AGE', 'OUT', 'COMMAND']);
    expect(lines[1]).toMatch(/^ses_aaaaaaaaaaaa +dev +box +running +\S.* +3\S* +npm start$/);
    expect(lines[2]).toMatch(/^ses_aaaaaaaaaaaa +- +box .*echo 'a\\n\\x1b\[31mb'$/);
  });

  it('are told of with what there is to tell', () => {
    const ended = renderSession({
      ...SESSION,
      state: 'failed',
      exitCode: 143,
      reason: 'the disk of the VM became full',
      timeoutSeconds: 90,
      onExit: 'stop-vm',
      droppedBytes: 1024,
      endedAt: '2026-01-02T03:05:05.000Z',
    });
    expect(ended.split('\n').map((line) => line.replace(/: +/, ': '))).toEqual(
      expect.arrayContaining([
        'state: failed',
        'why: the disk of the VM became full',
        'time limit: 1 min 30 s',
        'at its end: stop the vm',
        'not kept: the first 1K',
        'took: 1m',
      ]),
    );
    const running = renderSession({ ...SESSION, terminal: true, attached: 2, stdin: true });
    expect(running).toMatch(/^terminal: +yes, 2 attached$/m);
    expect(running).not.toMatch(/^(?:why|stderr|time limit|at its end|not kept|ended):/m);
  });
});
