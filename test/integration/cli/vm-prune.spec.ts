import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VmPrunableView } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { cli, LAUNCHER } from './cli-process.js';
import type { CliResult } from './cli-process.js';
import { startFakeDaemon, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const MIB = 1024 * 1024;

describe('vm prune', () => {
  let daemon: FakeDaemon;
  const prune = (...words: string[]): Promise<CliResult> =>
    cli(['--socket', daemon.socketPath, 'vm', 'prune', ...words]);

  const lastEnd = { at: new Date().toISOString(), cause: 'failed', reason: 'killed by SIGKILL' } as const;
  const found: VmPrunableView[] = [
    { vm: vmView('old', { state: 'stopped' }), allocatedBytes: 300 * MIB },
    { vm: vmView('dead', { state: 'failed', lastEnd }), allocatedBytes: 212 * MIB },
  ];

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    daemon.script
      .on('vm.prunable', () => found)
      .on('vm.delete', ({ vm }) => {
        if (vm === 'id-dead')
          throw new BangerError('VM_WRONG_STATE', 'the VM dead is running', {
            details: { vm: 'dead', state: 'running', allowed: ['stopped'] },
          });
        return vmView('old', { state: 'deleting' });
      });
  });
  afterEach(() => daemon.stop());

  const deletions = (): unknown[] => daemon.script.callsOf('vm.delete');

  it('asks for --yes or --dry-run where there is no terminal, and does nothing', async () => {
    for (const words of [[], ['--json']]) {
      const refused = await prune(...words);
      expect(refused.code).toBe(2);
      expect(refused.stdout + refused.stderr).toMatch(/--yes[\s\S]*--dry-run/);
    }
    expect(daemon.script.calls).toEqual([]);
  });

  it('shows with --dry-run what would be deleted and what that frees', async () => {
    const shown = await prune('--dry-run', '--older-than', '7d', '--label', 'team=web', '--label', 'x');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^NAME +STATE +DOWN +FREES +WHY\n/);
    expect(shown.stdout).toMatch(
      /old +stopped +\d+d +300M +-\ndead +failed +\d+d +212M +killed by SIGKILL\n/,
    );
    expect(shown.stdout).toMatch(/\n2 VMs, 512M in all\n$/);
    expect(daemon.script.callsOf('vm.prunable')).toEqual([
      { olderThanSeconds: 7 * 24 * 3600, labels: ['team=web', 'x'] },
    ]);
    expect(JSON.parse((await prune('--dry-run', '--json')).stdout)).toEqual(found);
    expect(deletions()).toEqual([]);
  });

  it('deletes each, never by force, with its own result', async () => {
    const pruned = await prune('--yes');
    expect(pruned).toMatchObject({ code: 4, stdout: 'old\n' });
    expect(pruned.stderr).toMatch(/the VM dead is running[\s\S]*deleted 1 VM, 300M/);
    expect(deletions()).toEqual([{ vm: 'id-old' }, { vm: 'id-dead' }]);
    const json = await prune('--yes', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { vm: { name: 'old' } },
      { error: { kind: 'VM_WRONG_STATE' } },
    ]);
  });

  it('says so when there is nothing', async () => {
    daemon.script.on('vm.prunable', () => []);
    expect(await prune('--yes')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'there is nothing to delete\n',
    });
    expect((await prune('--yes', '--json')).stdout).toBe('[]\n');
  });

  it('shows them on a terminal, and deletes when the answer is yes', async () => {
    const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', NO_COLOR: '1' };
    const ask = async (answer: string): Promise<string> => {
      const terminal = new PseudoTerminal(`${LAUNCHER} --socket ${daemon.socketPath} vm prune`, environment);
      await terminal.shows(/2 VMs, 512M in all[\s\S]*Delete 2 VMs, 512M for good\? \[y\/N\]/);
      terminal.type(`${answer}\n`);
      await terminal.ended();
      return terminal.output;
    };
    expect(await ask('')).toMatch(/nothing was deleted/);
    expect(deletions()).toEqual([]);
    await ask('y');
    expect(deletions()).toHaveLength(2);
  });
});
