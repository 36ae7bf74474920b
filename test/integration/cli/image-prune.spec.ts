import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImagePrunableView } from '../../../src/contract/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { cli, LAUNCHER } from './cli-process.js';
import type { CliResult } from './cli-process.js';
import { startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const MIB = 1024 * 1024;

describe('image prune', () => {
  let daemon: FakeDaemon;
  const prune = (...words: string[]): Promise<CliResult> =>
    cli(['--socket', daemon.socketPath, 'image', 'prune', ...words]);
  const found: ImagePrunableView[] = [
    { kind: 'layer', id: 'sha256:ab', name: 'ab', freesBytes: 300 * MIB, reason: 'a pull has brought it' },
    { kind: 'image', id: 'img_1', name: 'old', freesBytes: 212 * MIB, reason: 'no VM stands on it' },
  ];
  const things = found.map(({ kind, id }) => ({ kind, id }));

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    daemon.script
      .on('image.prunable', () => found)
      .on('image.prune', () => ({
        pruned: found.slice(0, 1),
        freedBytes: 300 * MIB,
        kept: things.slice(1),
      }));
  });
  afterEach(() => daemon.stop());

  const deletions = (): unknown[] => daemon.script.callsOf('image.prune');

  it('asks for --force or --dry-run where there is no terminal, and does nothing', async () => {
    for (const words of [[], ['--json'], ['--all']]) {
      const refused = await prune(...words);
      expect(refused.code).toBe(2);
      expect(refused.stdout + refused.stderr).toMatch(/--force[\s\S]*--dry-run/);
    }
    expect(daemon.script.calls).toEqual([]);
  });

  it('shows with --dry-run what would be deleted and what that frees', async () => {
    const shown = await prune('--dry-run', '--all');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(
      /^KIND +NAME +FREES +WHY\nlayer +ab +300M +a pull has brought it\nimage +old +212M/,
    );
    expect(shown.stdout).toMatch(/\n2 things, 512M in all\n$/);
    expect(JSON.parse((await prune('--dry-run', '--json')).stdout)).toEqual(found);
    expect(daemon.script.callsOf('image.prunable')).toEqual([{ all: true }, { all: false }]);
    expect(deletions()).toEqual([]);
  });

  it('deletes what it was shown, and tells what went and what stayed', async () => {
    const pruned = await prune('--force');
    expect(pruned).toMatchObject({ code: 0, stdout: 'layer ab\n' });
    expect(pruned.stderr).toMatch(/1 thing stayed: in use by now\nfreed 300M\n/);
    expect(deletions()).toEqual([{ things }]);
    expect(JSON.parse((await prune('-f', '--json')).stdout)).toMatchObject({ freedBytes: 300 * MIB });
  });

  it('says so when there is nothing', async () => {
    daemon.script
      .on('image.prunable', () => [])
      .on('image.prune', () => ({ pruned: [], freedBytes: 0, kept: [] }));
    const nothing = 'there is nothing to delete\n';
    expect(await prune('--force')).toMatchObject({ code: 0, stdout: '', stderr: nothing });
    expect(JSON.parse((await prune('--force', '--json')).stdout)).toMatchObject({ pruned: [] });
  });

  it('shows it on a terminal, and deletes when the answer is yes', async () => {
    const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', NO_COLOR: '1' };
    const ask = async (answer: string): Promise<string> => {
      const terminal = new PseudoTerminal(
        `${LAUNCHER} --socket ${daemon.socketPath} image prune`,
        environment,
      );
      await terminal.shows(/2 things, 512M in all[\s\S]*Delete 2 things, 512M for good\? \[y\/N\]/);
      terminal.type(`${answer}\n`);
      await terminal.ended();
      return terminal.output;
    };
    expect(await ask('')).toMatch(/nothing was deleted/);
    expect(deletions()).toEqual([]);
    await ask('y');
    expect(deletions()).toEqual([{ things }]);
  });
});
