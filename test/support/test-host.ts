import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { chmod, cp, link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { processesMentioning } from './processes.js';
import { REPOSITORY } from './repository.js';

/** What a test did not ask for would be at work when it looks for what is left. A file of its own needs these lines too. */
export const NO_BACKGROUND_WORK = '[templates]\nmake = "manual"\n';

const LAUNCHER = join(REPOSITORY, 'banger');

export interface CommandResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/**
 * A host of its own for one test file: state and runtime directory, its daemon, the real CLI.
 * `assertClean()` after each test proves that nothing is left of any VM; `close()` that nothing is left at all.
 */
export class TestHost {
  private constructor(readonly directory: string) {}

  /**
   * @param base state directory of which images, kernels and templates are shared (hard links where that goes); null: it has nothing
   * @param mount puts a file system of its own under the state directory
   */
  static async create(
    base: string | null | undefined = process.env['BANGER_TEST_BASE'],
    mount?: (stateDirectory: string) => void,
  ): Promise<TestHost> {
    const directory = await mkdtemp(join(tmpdir(), 'bgr-'));
    // VMMs run as users of their own and must be able to walk to their disks.
    await chmod(directory, 0o711);
    const host = new TestHost(directory);
    await writeFile(join(directory, 'config.toml'), NO_BACKGROUND_WORK);
    await mkdir(host.stateDirectory, { mode: 0o711 });
    mount?.(host.stateDirectory);
    if (typeof base === 'string') await host.#takeImages(base);
    return host;
  }

  get stateDirectory(): string {
    return join(this.directory, 'state');
  }

  get launcher(): string {
    return LAUNCHER;
  }

  get runtimeDirectory(): string {
    return join(this.directory, 'run');
  }

  get env(): NodeJS.ProcessEnv {
    const { NODE_EXTRA_CA_CERTS: _slow, ...env } = process.env;
    return {
      ...env,
      BANGER_STATE_DIR: this.stateDirectory,
      BANGER_RUNTIME_DIR: this.runtimeDirectory,
      BANGER_CONFIG: join(this.directory, 'config.toml'),
      NO_COLOR: '1',
    };
  }

  spawn(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn(LAUNCHER, args, { cwd: REPOSITORY, ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs the CLI to its end. */
  async banger(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const child = this.spawn(args, {
      stdio: 'pipe',
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.env !== undefined && { env: options.env }),
    });
    // a command that ends without having read all of it breaks the pipe, and says itself how it came out
    child.stdin?.on('error', () => undefined).end(options.input);
    return collect(child, options.timeoutMs ?? 200_000);
  }

  /** Runs the CLI with --json; fails the test when it fails. */
  async json<T>(args: readonly string[], options: CommandOptions = {}): Promise<T> {
    const result = await this.banger([...args, '--json'], options);
    expect(result, `banger ${args.join(' ')}: ${result.stderr}`).toMatchObject({ exitCode: 0 });
    return JSON.parse(result.stdout) as T;
  }

  async daemonPid(): Promise<number> {
    return (await this.json<{ pid: number }>(['daemon', 'status'])).pid;
  }

  /** Processes of this host other than its daemon. */
  async machineProcesses(): Promise<{ pid: number; commandLine: string }[]> {
    const all = await processesMentioning(this.directory);
    return all.filter(({ commandLine }) => commandLine.includes('qemu-system'));
  }

  rows<T>(sql: string): T[] {
    const database = new DatabaseSync(join(this.stateDirectory, 'banger.db'), {
      readOnly: true,
      timeout: 5000,
    });
    try {
      return database.prepare(sql).all() as T[];
    } finally {
      database.close();
    }
  }

  /** No VM, process, socket, file, row or unfinished operation is left. */
  async assertClean(): Promise<void> {
    expect({
      machines: await this.machineProcesses(),
      vms: this.rows('SELECT id, name, state FROM Vm'),
      ledger: this.rows("SELECT kind, key, ownerId FROM LedgerEntry WHERE ownerType = 'vm'"),
      running: this.rows("SELECT id, kind FROM Operation WHERE state = 'running'"),
      vmDirectories: await entries(join(this.stateDirectory, 'vms')),
      runtimeDirectories: await entries(join(this.runtimeDirectory, 'vm')),
    }).toEqual({ machines: [], vms: [], ledger: [], running: [], vmDirectories: [], runtimeDirectories: [] });
  }

  /** Stops the daemon, proves that no process is left, removes all files. */
  async close(): Promise<void> {
    if (process.env['BANGER_TEST_KEEP'] === '1') return;
    const stopped = await this.banger(['daemon', 'stop']);
    const left = await processesMentioning(this.directory);
    await rm(this.directory, { recursive: true, force: true });
    expect({ stopped: stopped.exitCode, left }, stopped.stderr).toEqual({ stopped: 0, left: [] });
  }

  /** The ledger names places by their path: those of the images are this host's own now. */
  #own(base: string): void {
    const database = new DatabaseSync(join(this.stateDirectory, 'banger.db'));
    try {
      database
        .prepare("UPDATE LedgerEntry SET key = replace(key, ?, ?) WHERE kind = 'directory'")
        .run(`${base}/`, `${this.stateDirectory}/`);
    } finally {
      database.close();
    }
  }

  async #takeImages(base: string): Promise<void> {
    await cp(join(base, 'banger.db'), join(this.stateDirectory, 'banger.db'));
    this.#own(base);
    for (const kind of ['images', 'kernels', 'templates'])
      for (const name of await entries(join(base, kind)))
        await linkTree(join(base, kind, name), join(this.stateDirectory, kind, name));
  }
}

export async function collect(child: ChildProcess, timeoutMs: number): Promise<CommandResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, name) => done([code, name]));
  });
  clearTimeout(timer);
  return {
    exitCode,
    signal,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 });
  for (const name of await readdir(from)) {
    try {
      await link(join(from, name), join(to, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      execFileSync('cp', ['--sparse=always', join(from, name), join(to, name)]);
    }
  }
}

async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}
