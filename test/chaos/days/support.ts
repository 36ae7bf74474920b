import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import type { CommandResult, TestHost } from '../../support/test-host.js';
import { deviations } from '../support/oracle.js';

/** How often what is left to chance is done: a few times within `npm test`, often in `npm run test:chaos`. */
export function rounds(sample: number, all: number): number {
  return process.env['BANGER_CHAOS'] === 'all' ? all : sample;
}

/** Numbers from 0 to 1 that are the same for the same seed. The seed is printed: BANGER_CHAOS_SEED repeats a run. */
export function seededRandom(): () => number {
  let state = Number(process.env['BANGER_CHAOS_SEED'] ?? Date.now() % 1_000_000);
  console.log(`BANGER_CHAOS_SEED=${state}`);
  return () => {
    // Numerical Recipes' linear congruential generator: good enough for moments
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param own what the test itself has made */
export async function expectNoDeviation(host: TestHost, own?: RegExp): Promise<void> {
  const found = await deviations(host);
  expect(found.filter((sentence) => own?.test(sentence) !== true)).toEqual([]);
}

export async function vmOf(host: TestHost, name: string): Promise<VmView> {
  return host.json<VmView>(['vm', 'show', name]);
}

/** Fails the test with all that the command printed. */
export async function succeed(host: TestHost, ...args: string[]): Promise<CommandResult> {
  const result = await host.banger(args);
  expect(result, `banger ${args.join(' ')}: ${result.stderr}`).toMatchObject({ exitCode: 0 });
  return result;
}

/** The pid of the VM's VMM as soon as there is one; undefined when none comes. */
export async function pidOf(host: TestHost, vmId: string, limitMs = 20_000): Promise<number | undefined> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const processes = await host.machineProcesses();
    const found = processes.find(({ commandLine }) => commandLine.includes(vmId));
    if (found !== undefined) return found.pid;
    await delay(50);
  }
  return undefined;
}
