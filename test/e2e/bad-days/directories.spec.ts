import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesMentioning } from '../../support/processes.js';
import { REPOSITORY } from '../../support/repository.js';
import { collect } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

describe('a state directory that cannot be used', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-dir-'));
    chmodSync(scratch, 0o755);
  });
  afterEach(async () => {
    const left = await processesMentioning(scratch);
    rmSync(scratch, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  async function list(state: string, run: string, uid?: number): Promise<CommandResult> {
    const env = {
      ...process.env,
      BANGER_STATE_DIR: join(scratch, state),
      BANGER_RUNTIME_DIR: join(scratch, run),
      BANGER_CONFIG: '/dev/null',
      HOME: scratch,
      NO_COLOR: '1',
    };
    const command = [join(REPOSITORY, 'banger'), 'vm', 'list'];
    const [file = '', ...args] =
      uid === undefined
        ? command
        : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...command];
    return collect(spawn(file, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] }), 60_000);
  }

  function expectUnusable(result: CommandResult, reason: RegExp, fix: RegExp): void {
    expect(result, result.stderr).toMatchObject({ exitCode: 6, stdout: '' });
    expect(result.stderr).toMatch(reason);
    expect(result.stderr).toMatch(new RegExp(`^  fix: .*${fix.source}`, 'm'));
    expect(result.stderr, 'no stack').not.toMatch(/^\s+at /m);
  }

  it('because it is a file, or lies below one', async () => {
    writeFileSync(join(scratch, 'state'), 'keep me');
    expectUnusable(await list('state', 'run'), /cannot be used/, /BANGER_STATE_DIR/);
    expectUnusable(await list('state/below', 'run'), /cannot be used/, /BANGER_STATE_DIR/);
    expect(readdirSync(scratch)).toEqual(['state']);
  });

  it.skipIf(!isRoot)(
    'because this user may not write there (user mode; skipped without root: it changes user)',
    async () => {
      mkdirSync(join(scratch, 'state'), { mode: 0o755 });
      expectUnusable(await list('state', 'run', NOBODY), /cannot be used/, /BANGER_STATE_DIR/);
      expectUnusable(await list('state/deeper', 'run', NOBODY), /cannot be used/, /BANGER_STATE_DIR/);
      expect(readdirSync(join(scratch, 'state'))).toEqual([]);
    },
  );

  it.skipIf(!isRoot)(
    'because it belongs to somebody else (skipped without root: it needs two users)',
    async () => {
      mkdirSync(join(scratch, 'state'), { mode: 0o755 });
      chownSync(join(scratch, 'state'), NOBODY, NOBODY);
      expectUnusable(await list('state', 'run'), /belongs to another user/, /owns/);
    },
  );

  it.skipIf(!isRoot)(
    'because VMs, which run as users of their own, could not get there (root mode only)',
    async () => {
      mkdirSync(join(scratch, 'closed'), { mode: 0o700 });
      expectUnusable(await list('closed/state', 'run'), /does not let other users through/, /chmod o\+x/);
    },
  );
});
