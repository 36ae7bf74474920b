import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  ATTACH_PROGRAM,
  INPUT_PROGRAM,
  SIGNAL_PROGRAM,
} from '../../../../src/session/guest/control-programs.js';
import { KEEPER_PROGRAM } from '../../../../src/session/guest/keeper-program.js';
import { segmentStart } from '../../../../src/session/guest/program.js';
import { OutputDecoder } from '../../../../src/session/output/output-record.js';
import type { OutputRecord } from '../../../../src/session/output/output-record.js';
import { killProcess, processesMentioning } from '../../../support/processes.js';

/** What a session is started with; as src/session/guest/guest-sessions.ts gives it. */
export interface Given {
  readonly spec?: string;
  readonly segment?: number;
  readonly limit?: number;
  readonly stdin?: boolean;
  /** `s` */
  readonly timeout?: number;
  readonly terminal?: { rows: number; columns: number };
}

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Stands for the disk of a guest: what a guest's programs have there, in a directory of this host. */
export class GuestDirectory {
  readonly root: string;

  /** @param parent of its directory, when that is to lie in a certain place */
  constructor(parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, 'bgr-ses-'));
  }

  /** The program with this guest's paths. */
  program(text: string): string {
    return text.replaceAll('/var/lib/banger', this.root).replaceAll('/run/banger', join(this.root, 'run'));
  }

  /** Resolves when the command runs, or could not be begun. */
  start(name: string, script: string, given: Given = {}): Promise<Ended> {
    const { spec = '{}', segment = 1 << 21, limit = 1 << 24, stdin = false, timeout = 0, terminal } = given;
    const words = {
      run: Buffer.byteLength(script),
      spec: Buffer.byteLength(spec),
      segment,
      limit,
      stdin: stdin ? 1 : 0,
      timeout,
      ...terminal,
    };
    const header = Object.entries(words).map(([key, value]) => `${key}=${value}`);
    return this.startFrom(name, `${header.join(' ')}\n${script}${spec}`);
  }

  /** @param input all that the program is given, as it is */
  startFrom(name: string, input: string): Promise<Ended> {
    return this.#run(KEEPER_PROGRAM, [name], input);
  }

  /** Starts it and waits for its end. */
  async run(name: string, script: string, given: Given = {}): Promise<Record<string, string>> {
    expect(await this.start(name, script, given)).toMatchObject({ status: 0, stderr: '' });
    return this.ended(name);
  }

  signal(name: string, signal: string, scope: 'group' | 'all'): Promise<Ended> {
    return this.#run(SIGNAL_PROGRAM, [name, signal, scope], '');
  }

  send(name: string, input: string, close = false): Promise<Ended> {
    return this.#run(INPUT_PROGRAM, [name, ...(close ? ['close'] : [])], input);
  }

  /** Somebody at its terminal, who types through stdin. */
  attach(name: string): ChildProcessWithoutNullStreams {
    return this.#spawn(ATTACH_PROGRAM, [name]);
  }

  /** The words of its record. */
  state(name: string): Record<string, string> {
    const record = readFileSync(join(this.root, 'sessions', name, 'state'), 'latin1');
    return Object.fromEntries([...record.matchAll(/(\w+)=(\S*)/g)].map(([, key, value]) => [key, value]));
  }

  /** Its record when it has ended, and its keeper too. */
  async ended(name: string, timeout = 30_000): Promise<Record<string, string>> {
    await expect.poll(() => this.state(name)['state'], { timeout, interval: 20 }).toBe('exited');
    const state = this.state(name);
    await expect.poll(() => isAlive(state['keeper']), { interval: 5 }).toBe(false);
    return state;
  }

  /** Offsets at which its segments begin. */
  segments(name: string): number[] {
    const names = readdirSync(join(this.root, 'sessions', name));
    return names.flatMap((file) => segmentStart(file) ?? []).toSorted((a, b) => a - b);
  }

  /** All that is kept of its output, as it lies there. */
  output(name: string): Buffer {
    const path = (start: number): string => `output.${String(start).padStart(15, '0')}`;
    const read = (start: number): Buffer => readFileSync(join(this.root, 'sessions', name, path(start)));
    return Buffer.concat(this.segments(name).map(read));
  }

  records(name: string): OutputRecord[] {
    const decoder = new OutputDecoder();
    const records = [...decoder.push(this.output(name))];
    expect(decoder.pendingBytes, 'the last record is whole').toBe(0);
    return records;
  }

  /** What it has written to one stream. */
  text(name: string, stream: 'stdout' | 'stderr'): Buffer {
    const records = this.records(name).filter((record) => record.stream === stream);
    return Buffer.concat(records.map(({ payload }) => payload));
  }

  /** Proves that nothing is left that runs, and takes the rest away. */
  async remove(): Promise<void> {
    const left = await processesMentioning(this.root);
    // a command that had another name for itself, or none in its environment
    const named = this.#names().flatMap((name) => ['pid', 'keeper'].map((key) => this.state(name)[key]));
    const alive = named.filter(isAlive);
    for (const pid of [...left.map((process) => process.pid), ...alive.map(Number)]) killProcess(pid);
    rmSync(this.root, { recursive: true, force: true });
    expect([left, alive]).toEqual([[], []]);
  }

  #names(): string[] {
    return spawnSync('ls', [join(this.root, 'sessions')], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((name) => name !== '');
  }

  /** With its directory in the environment, which what it starts inherits: so whatever is left of it can be found. */
  #spawn(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn('perl', ['-e', this.program(program), ...args], {
      env: { PATH: process.env['PATH'], GUEST: this.root },
    });
  }

  async #run(program: string, args: readonly string[], input: string): Promise<Ended> {
    const child = this.#spawn(program, args);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { status, stdout, stderr };
  }
}

export function isAlive(pid: string | undefined): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
