import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

// eslint-disable-next-line no-control-regex -- terminals are spoken to in control characters
const BRACKETED_PASTE = /\u001b\[\?2004[hl]\r?/g;

/** A command on a real terminal of 90 × 30, made by util-linux's `script`. */
export class PseudoTerminal {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'bgr-pty-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  /** everything shown so far, without a shell's switching of bracketed paste around each prompt */
  get output(): string {
    return this.#shown.replaceAll(BRACKETED_PASTE, '');
  }
  #shown = '';

  /** @param words a command line for sh, without the terminal's own set-up */
  constructor(words: string, env: NodeJS.ProcessEnv) {
    const script = [
      // the shell must outlive a Ctrl-C that is meant for the command
      'trap : INT',
      'stty cols 90 rows 30',
      `tty > ${this.#scratch}/tty`,
      `stty -g > ${this.#scratch}/before`,
      words,
      `echo $? > ${this.#scratch}/status`,
      `stty -g > ${this.#scratch}/after`,
    ].join('; ');
    this.#child = spawn('script', ['-qc', script, '/dev/null'], {
      env: { ...env, SHELL: '/bin/sh', TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#shown += text));
  }

  /** Waits until all that was shown so far matches. */
  async shows(pattern: RegExp | string, timeout = 120_000): Promise<void> {
    await expect.poll(() => this.output, { timeout, interval: 50 }).toMatch(pattern);
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  resize(columns: number, rows: number): void {
    execFileSync('stty', ['-F', this.#note('tty'), 'cols', String(columns), 'rows', String(rows)]);
  }

  /** Waits for the end; the exit status, and whether the terminal is as it was. */
  async ended(): Promise<{ status: number; restored: boolean }> {
    await this.#ended;
    const result = {
      status: Number(this.#note('status')),
      restored: this.#note('before') === this.#note('after'),
    };
    rmSync(this.#scratch, { recursive: true, force: true });
    return result;
  }

  #note(name: string): string {
    const path = join(this.#scratch, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : 'missing';
  }
}
