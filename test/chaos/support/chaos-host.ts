import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { OperationView } from '../../../src/contract/index.js';
import { REPOSITORY } from '../../support/repository.js';
import { TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';
import { bangerDevices } from './machine-facts.js';
import { deviations } from './oracle.js';
import type { OracleOptions } from './oracle.js';
import type { Change, FaultPoint } from './plan.js';

const INJECTOR = join(REPOSITORY, 'test/chaos/support/fault-injector.cjs');

/** No command may take longer, whatever was killed under it; `ms` */
const COMMAND_LIMIT_MS = 150_000;

/** A host whose daemon can be killed at any change that it makes to its books. */
export class ChaosHost {
  readonly #devicesBefore = bangerDevices();
  #faults = 0;

  private constructor(readonly host: TestHost) {}

  static async create(): Promise<ChaosHost> {
    const host = await TestHost.create();
    await mkdir(join(host.directory, 'chaos'));
    await mkdir(join(host.directory, 'tmp'));
    return new ChaosHost(host);
  }

  /**
   * Runs `body` while tests are collected: what it has made must not stay when it fails, since no hook runs then.
   * @param tidy takes away what there is beside the host
   */
  async prepare<T>(body: () => Promise<T>, tidy: () => Promise<void> = () => Promise.resolve()): Promise<T> {
    try {
      return await body();
    } catch (error) {
      await this.banger(['vm', 'delete', '--force', 'web']);
      await tidy();
      await this.close();
      throw error;
    }
  }

  /** What an operation writes to the books, in order, when nothing happens to it. */
  async record(args: readonly string[]): Promise<Change[]> {
    await this.startDaemon();
    rmSync(this.#file('writes'), { force: true });
    await this.succeed(args);
    return this.#changes();
  }

  /**
   * Runs a command whose daemon is killed on the way. Afterwards no daemon runs.
   * @returns how the command ended for whoever had asked
   */
  async strike(args: readonly string[], fault: FaultPoint): Promise<CommandResult> {
    await this.startDaemon();
    const pid = await this.host.daemonPid();
    this.#arm(fault);
    const result = await this.banger(args);
    const fired = existsSync(this.#file('fired'));
    rmSync(this.#file('fault.json'));
    expect(fired, `the daemon came ${fault.when} "${fault.point}" (${fault.nth}.)`).toBe(true);
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}/fd/0`)).toBe(false), { timeout: 10_000 });
    return result;
  }

  /** What a daemon writes to the books at its start, after the one before was killed by this fault. */
  async recordStart(): Promise<Change[]> {
    rmSync(this.#file('writes'), { force: true });
    await this.startDaemon();
    return existsSync(this.#file('writes')) ? this.#changes() : [];
  }

  /** As `strike`, while the daemon starts: what it undoes at its start may be interrupted as well. */
  async strikeStart(fault: FaultPoint): Promise<CommandResult> {
    this.#arm(fault);
    const result = await this.#startCommand();
    rmSync(this.#file('fault.json'));
    expect(existsSync(this.#file('fired')), `${fault.when} "${fault.point}" (${fault.nth}.)`).toBe(true);
    return result;
  }

  /** Running already is success. */
  async startDaemon(): Promise<void> {
    const started = await this.#startCommand();
    expect(started, `banger daemon start: ${started.stderr}`).toMatchObject({ exitCode: 0 });
  }

  /** The oracle's sentences, after the daemon has answered. */
  async deviations(options: OracleOptions = {}): Promise<string[]> {
    return deviations(this.host, { devicesBefore: this.#devicesBefore, ...options });
  }

  /** How the operations of a kind ended, oldest first: what is told to whoever asks. */
  async operations(kind: string): Promise<string[]> {
    const all = await this.json<OperationView[]>(['operation', 'list', '--limit', '1000']);
    return all
      .filter((operation) => operation.kind === kind)
      .map(({ state, error }) => (error?.data.kind === 'OPERATION_INTERRUPTED' ? 'interrupted' : state))
      .toReversed();
  }

  banger(args: readonly string[]): Promise<CommandResult> {
    return this.host.banger(args, { timeoutMs: COMMAND_LIMIT_MS, env: this.#env });
  }

  /** Runs a command that has to succeed. */
  async succeed(args: readonly string[]): Promise<void> {
    const result = await this.banger(args);
    expect(result, `banger ${args.join(' ')}: ${result.stderr}`).toMatchObject({ exitCode: 0 });
  }

  json<T>(args: readonly string[]): Promise<T> {
    return this.host.json<T>(args, { timeoutMs: COMMAND_LIMIT_MS, env: this.#env });
  }

  close(): Promise<void> {
    return this.host.close();
  }

  #startCommand(): Promise<CommandResult> {
    return this.banger(['daemon', 'start']);
  }

  #changes(): Change[] {
    const lines = readFileSync(this.#file('writes'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => {
      const [point = '', mark] = line.split('\t');
      return { point, afterEffect: mark === 'effect' };
    });
  }

  /** Renamed into place: the daemon reads it at every change. */
  #arm(fault: FaultPoint): void {
    this.#faults += 1;
    rmSync(this.#file('fired'), { force: true });
    writeFileSync(this.#file('fault.new'), JSON.stringify({ id: this.#faults, ...fault }));
    renameSync(this.#file('fault.new'), this.#file('fault.json'));
  }

  #file(name: string): string {
    return join(this.host.directory, 'chaos', name);
  }

  /**
   * For every command, since each starts the daemon when none runs. Temporary files of these daemons have a place of
   * their own, so that what is left shows.
   */
  get #env(): NodeJS.ProcessEnv {
    return {
      TMPDIR: join(this.host.directory, 'tmp'),
      BANGER_CHAOS_DIRECTORY: join(this.host.directory, 'chaos'),
      NODE_OPTIONS: `--require=${INJECTOR}`,
    };
  }
}
