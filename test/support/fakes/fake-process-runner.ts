import { ProcessRunner } from '../../../src/core/process/index.js';
import type {
  DetachedProcess,
  FoundProcess,
  ProcessIdentity,
  RunResult,
} from '../../../src/core/process/index.js';

/** A call that a test did not plan; fails the test wherever it happens. */
class UnplannedCallError extends Error {
  constructor(call: string) {
    super(`${call} was not planned`);
  }
}

/** Processes as a table; every call that a test gave no table for fails it. */
export class FakeProcessRunner extends ProcessRunner {
  readonly alive = new Set<ProcessIdentity>();
  /** processes by argument that their command line contains */
  readonly byArgument = new Map<string, ProcessIdentity[]>();
  readonly signalled: [pid: number, signal: string][] = [];
  /** processes that do not die */
  readonly stuck = new Set<ProcessIdentity>();

  override async signal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
    const target = this.#find(identity);
    if (target === undefined) return false;
    this.signalled.push([target.pid, signal]);
    if (!this.stuck.has(target)) this.alive.delete(target);
    return true;
  }

  override async waitForExit(identity: ProcessIdentity): Promise<boolean> {
    return this.#find(identity) === undefined;
  }

  override async isAlive(identity: ProcessIdentity): Promise<boolean> {
    return this.#find(identity) !== undefined;
  }

  override async findByArgument(argument: string): Promise<ProcessIdentity[]> {
    return (this.byArgument.get(argument) ?? []).filter((identity) => this.alive.has(identity));
  }

  override findByArguments(): Promise<FoundProcess[]> {
    return Promise.reject(new UnplannedCallError('findByArguments'));
  }

  override run(): Promise<RunResult> {
    return Promise.reject(new UnplannedCallError('run'));
  }

  override spawnDetached(): Promise<DetachedProcess> {
    return Promise.reject(new UnplannedCallError('spawnDetached'));
  }

  override identify(): Promise<ProcessIdentity | undefined> {
    return Promise.reject(new UnplannedCallError('identify'));
  }

  #find({ pid, startTicks, executable }: ProcessIdentity): ProcessIdentity | undefined {
    return [...this.alive].find(
      (it) => it.pid === pid && it.startTicks === startTicks && it.executable === executable,
    );
  }
}
