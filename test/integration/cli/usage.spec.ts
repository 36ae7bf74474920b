import { describe, expect, it } from 'vitest';
import { cli } from './cli-process.js';

const COMMANDS = [
  [],
  ['quickstart'],
  ['vm'],
  ...['run', 'create', 'list', 'ls', 'show', 'exec', 'ssh', 'start', 'stop', 'kill', 'delete'].map((name) => [
    'vm',
    name,
  ]),
  ['workspace'],
  ['workspace', 'prepare'],
  ['image'],
  ...[
    'list',
    'show',
    'build',
    'pull',
    'promote',
    'register',
    'export',
    'import',
    'warm',
    'delete',
    'prune',
  ].map((name) => ['image', name]),
  ['image', 'catalog'],
  ...['list', 'key', 'sign'].map((name) => ['image', 'catalog', name]),
  ['kernel'],
  ...['list', 'show', 'pull', 'register', 'delete'].map((name) => ['kernel', name]),
  ['operation'],
  ...['list', 'show', 'watch', 'cancel'].map((name) => ['operation', name]),
  ['config'],
  ...['show', 'check', 'example'].map((name) => ['config', name]),
  ['daemon'],
  ...['start', 'stop', 'status', 'logs'].map((name) => ['daemon', name]),
  ['doctor'],
  ['ssh-config'],
  ['version'],
];

describe('usage', () => {
  it.each(COMMANDS.map((words) => [words.join(' '), words] as const))(
    'banger %s --help',
    async (_name, words) => {
      const { code, stdout, stderr } = await cli([...words, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        new RegExp(`^Usage: banger ${words.join(' ').replace('vm ls', 'vm list|ls').replace(/\|/g, '\\|')}`),
      );
      expect(stdout).toContain('--json');
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );

  it.each([
    { args: ['vm', 'list', '--nope'], says: "unknown option '--nope'", see: 'banger vm list --help' },
    { args: ['vm', 'run', '--nope'], says: "unknown option '--nope'", see: 'banger vm run --help' },
    { args: ['vm', 'show'], says: "missing required argument 'vm'", see: 'banger vm show --help' },
    { args: ['vm', 'show', 'a', 'b'], says: 'too many arguments', see: 'banger vm show --help' },
    {
      args: ['vm', 'exec', 'web', 'ls'],
      says: 'too many arguments',
      see: 'put a command for the VM after "--"',
    },
    { args: ['vm', 'lisst'], says: 'there is no command "vm lisst"', see: 'did you mean "banger vm list"?' },
    { args: ['vmm'], says: "unknown command 'vmm'", see: 'did you mean vm?' },
    { args: ['vm', 'list', '--', 'x'], says: 'takes nothing after "--"', see: '' },
    { args: ['vm', 'run', '--memory', '12x'], says: '--memory "12x" is not a size', see: '512m' },
    { args: ['vm', 'run', '--memory', '0.3m'], says: 'whole number of MiB', see: '' },
    { args: ['vm', 'run', '--cpus', 'two'], says: '--cpus "two" is not a whole number', see: '' },
    {
      args: ['vm', 'create', '--env', 'NOT_SET_HERE'],
      says: 'there is no such variable here',
      see: 'NOT_SET_HERE=VALUE',
    },
    {
      args: ['vm', 'run', '--branch', 'try', '--exclude', 'x', '--no-include-untracked', '--', 'true'],
      says: '--branch, --include-untracked, --exclude cannot be given without PATH',
      see: '. for the one that you are in',
    },
    {
      args: ['vm', 'create', '.', '--mode', 'full', '--depth', '5'],
      says: '--depth cannot be given with --mode full',
      see: '',
    },
    { args: ['vm', 'create', '.', '--mode', 'shalow'], says: 'is no mode', see: 'did you mean shallow?' },
    { args: ['vm', 'create', '.', '--depth', '0'], says: '--depth 0 is not 1 to 100000', see: '--mode full' },
    { args: ['vm', 'create', '.', '--from', '-x'], says: 'names no commit', see: '--from main' },
    { args: ['workspace', 'prepare', 'web'], says: "missing required argument 'path'", see: '' },
    { args: ['workspace', 'prepare', 'web', ''], says: 'PATH is empty', see: '' },
    {
      args: ['workspace', 'prepare', 'w', '.', '--branch', 'a..b'],
      says: 'is no branch that git takes',
      see: '',
    },
    {
      args: ['workspace', 'prepar'],
      says: 'there is no command',
      see: 'did you mean "banger workspace prepare"?',
    },
    {
      args: ['vm', 'fork', 'web', '--branch', 'try-{n}', '--paused'],
      says: '--branch and --paused cannot be given together',
      see: '',
    },
    { args: ['vm', 'exec', 'web', '--tty', '--', 'top'], says: '--tty needs a terminal', see: '' },
    {
      args: ['vm', 'exec', 'web', '--cwd', 'src', '--', 'ls'],
      says: '--cwd must be an absolute directory',
      see: '',
    },
    { args: ['operation', 'list', '--state', 'lost'], says: 'none of running, succeeded', see: '' },
    { args: ['vm', 'list', '--socket'], says: '--socket needs the path', see: '' },
    { args: ['vm'], says: '"banger vm" needs a command', see: '' },
    { args: [], says: '"banger" needs a command', see: '' },
  ])('$args ends with status 2', async ({ args, says, see }) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`banger: `);
    expect(stderr).toContain(says);
    expect(stderr).toContain(see);
  });

  it('reports a usage error as JSON with --json, on stdout', async () => {
    const { code, stdout, stderr } = await cli(['--json', 'vm', 'list', '--nope']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { kind: 'USAGE_INVALID', message: "unknown option '--nope'", fix: 'see: banger vm list --help' },
    });
  });

  it('tells its version without a daemon', async () => {
    const env = { BANGER_RUNTIME_DIR: '/nonexistent/run', BANGER_STATE_DIR: '/nonexistent/state' };
    expect(await cli(['version'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^banger \d+\.\d+\.\d+ /),
    });
    expect(await cli(['--version'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});
