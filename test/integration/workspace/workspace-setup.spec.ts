import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SETUP_SCRIPT } from '../../../src/vm/project/setup-script.js';

/** Ends by itself, whatever becomes of the test. */
const AWAIT_GO = 'for n in $(seq 100); do [ ! -e go ] || break; sleep 0.1; done';

/** What the guest runs; here this machine stands for it. */
class Setup {
  readonly child;
  readonly ended: Promise<number | null>;
  shown = '';

  constructor(directory: string, log: string, commands: string) {
    this.child = spawn('sh', ['-c', SETUP_SCRIPT, 'sh', log, commands], { cwd: directory });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.shown += text));
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
  }

  async saw(text: string): Promise<void> {
    await expect.poll(() => this.shown, { timeout: 10_000 }).toContain(text);
  }
}

describe('the setup of a repository', () => {
  let directory: string;
  let log: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'banger-setup-'));
    log = join(directory, 'log/root/a b.log');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('shows what it writes as it comes, keeps all of it, and ends with its status', async () => {
    const setup = new Setup(directory, log, `echo one; ${AWAIT_GO}\necho two >&2\nexit 3`);
    await setup.saw('one\n');
    expect(readFileSync(log, 'utf8')).toBe('one\n');
    writeFileSync(join(directory, 'go'), '');
    expect(await setup.ended).toBe(3);
    await setup.saw('two\n');
    expect(readFileSync(log, 'utf8')).toBe('one\ntwo\n');
  });

  it('ends at the first command that fails, and keeps of each run its own output', async () => {
    expect(await new Setup(directory, log, 'echo first').ended).toBe(0);
    expect(await new Setup(directory, log, 'echo second; false; echo never').ended).toBe(1);
    expect(readFileSync(log, 'utf8')).toBe('second\n');
  });

  it('is held by nothing that it leaves running, whose output is kept as well', async () => {
    const setup = new Setup(directory, log, `(${AWAIT_GO}; echo late) & echo started`);
    expect(await setup.ended).toBe(0);
    expect(setup.shown).toBe('started\n');
    writeFileSync(join(directory, 'go'), '');
    await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000 }).toBe('started\nlate\n');
  });

  it('ends with all that it has begun when it is ended itself', async () => {
    const setup = new Setup(directory, log, '(echo $$ > pid; sleep 600; touch survived); touch survived');
    await expect.poll(() => existsSync(join(directory, 'pid')), { timeout: 10_000 }).toBe(true);
    await delay(100);
    const group = Number(readFileSync(join(directory, 'pid'), 'utf8'));
    setup.child.kill('SIGTERM');
    expect(await setup.ended).toBe(143);
    await expect.poll(() => isThere(-group), { timeout: 10_000 }).toBe(false);
    expect(existsSync(join(directory, 'survived'))).toBe(false);
  });

  it('that has no place for its output says so', async () => {
    mkdirSync(log, { recursive: true });
    const setup = new Setup(directory, log, 'touch ran');
    expect(await setup.ended).not.toBe(0);
    expect(setup.shown).toContain('a b.log');
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
