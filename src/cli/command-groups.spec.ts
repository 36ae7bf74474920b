import { describe, expect, it } from 'vitest';
import { loadCommands } from './command-groups.js';
import { CommandRunner } from 'nest-commander';
import { BangerCommand } from './command/banger-command.js';
import { exitCodeFor } from './render/failure.js';
import { parseInvocation } from './invocation.js';
import { BangerError } from '../core/errors/index.js';

const facts = { env: {}, cwd: '/', uid: 0, rootDirectory: '/' };

describe('commands', () => {
  // nest-commander finds options and sub-commands by class name: two ListCommands ran each other's code
  it('have class names of their own, and the common base', async () => {
    const commands = (await loadCommands(undefined)).filter(
      (provider) => typeof provider === 'function' && provider.prototype instanceof CommandRunner,
    ) as (new () => CommandRunner)[];
    const names = commands.map((command) => command.name);
    expect(names.length).toBeGreaterThan(25);
    expect(new Set(names).size).toBe(names.length);
    expect(commands.filter((command) => !(command.prototype instanceof BangerCommand))).toEqual([]);
  });

  it('are loaded by group', async () => {
    const all = await loadCommands(undefined);
    expect((await loadCommands('vm')).length).toBeLessThan(all.length);
    expect((await loadCommands('constructor')).length).toBe(all.length);
  });
});

describe('the command line', () => {
  it('gives up its global flags wherever they stand, up to --', () => {
    const { words, passthrough, flags } = parseInvocation({
      ...facts,
      argv: ['--json', 'vm', 'run', '--socket', '/s', '.', '--quiet', '--', 'ls', '--json', '--', 'x'],
    });
    expect(words).toEqual(['vm', 'run', '.']);
    expect(passthrough).toEqual(['ls', '--json', '--', 'x']);
    expect(flags).toEqual({ json: true, quiet: true, verbose: false, noColor: false, socket: '/s' });
    expect(parseInvocation({ ...facts, argv: ['vm', '--socket=/t'] }).flags.socket).toBe('/t');
    expect(parseInvocation({ ...facts, argv: ['vm'] }).passthrough).toBeUndefined();
  });

  it('keeps words that every object has a member of', () => {
    const argv = ['vm', 'show', 'constructor', '__proto__', 'toString'];
    expect(parseInvocation({ ...facts, argv }).words).toEqual(argv);
  });
});

describe('exit status of a failure', () => {
  const failure = (kind: 'VM_NOT_FOUND' | 'USAGE_INVALID' | 'CANCELLED') =>
    new BangerError(kind, 'x', { details: {} as never });
  it('is the category’s, or 125 where the guest’s status is passed through', () => {
    expect([exitCodeFor(failure('VM_NOT_FOUND'), false), exitCodeFor(failure('VM_NOT_FOUND'), true)]).toEqual(
      [3, 125],
    );
    expect([exitCodeFor(failure('USAGE_INVALID'), true), exitCodeFor(failure('CANCELLED'), true)]).toEqual([
      2, 130,
    ]);
  });
});
