import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');
export const LAUNCHER = `${ROOT}/banger`;

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Buffer;
  program?: string;
}

/** A run of the built CLI, as a user's shell would start it. */
export class CliRun {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliResult>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], options: CliOptions = {}) {
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TERM: 'xterm', ...options.env };
    this.child = spawn(options.program ?? LAUNCHER, args, { cwd: options.cwd ?? '/', env });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child.stdin.on('error', () => undefined);
    if (options.stdin !== undefined) this.child.stdin.end(options.stdin);
    this.ended = new Promise((settle, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) =>
        settle({ code, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
  }

  /** Resolves when the text has been seen on either stream. */
  async saw(text: string, limitMs = 10_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    while (!(this.stdout + this.stderr).includes(text)) {
      if (Date.now() > deadline) throw new Error(`never saw ${text} in:\n${this.stdout}\n${this.stderr}`);
      await new Promise((wake) => setTimeout(wake, 10));
    }
  }
}

export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await new CliRun(args, { stdin: '', ...options }).ended;
}
