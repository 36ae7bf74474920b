import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessIdentity, ProcessMeter } from '../../core/process/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { ProportionalMemory } from './proportional-memory.js';

const machine = (pid: number): Machine => ({ record: { process: { pid } } }) as unknown as Machine;
const LOCKED_PID = 666;

describe('ProportionalMemory', () => {
  let memory: ProportionalMemory;
  /** pids as they were measured */
  let measured: number[];
  let atOnce: number;
  let most: number;

  beforeEach(() => {
    vi.useFakeTimers();
    measured = [];
    atOnce = most = 0;
    const proportionalBytes = async ({ pid }: ProcessIdentity): Promise<number> => {
      measured.push(pid);
      most = Math.max(most, (atOnce += 1));
      await new Promise((done) => setTimeout(done, pid === LOCKED_PID ? 60_000 : 40));
      atOnce -= 1;
      return pid * 1000;
    };
    memory = new ProportionalMemory({ proportionalBytes } as unknown as ProcessMeter);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The answers, and how long they took. `ms` */
  const answers = async (asked: readonly Promise<number | undefined>[]): Promise<unknown[]> => {
    const begun = performance.now();
    const answered = Promise.all(asked).then((figures) => [...figures, performance.now() - begun]);
    await vi.runAllTimersAsync();
    return answered;
  };

  it('tells the figures of several VMs that are asked for at once, and measures one at a time', async () => {
    const asked = [1, 2, 3].map((pid) => memory.of(machine(pid)));
    expect(await answers(asked)).toEqual([1000, 2000, 3000, 120]);
    expect(most).toBe(1);
  });

  it('measures a VM once for all who ask, and anew when the figure is old', async () => {
    const one = machine(1);
    expect(await answers([memory.of(one), memory.of(one)])).toEqual([1000, 1000, 40]);
    expect(await answers([memory.of(one)])).toEqual([1000, 0]);
    expect(measured).toEqual([1]);
    vi.advanceTimersByTime(30_000);
    expect(await answers([memory.of(one)])).toEqual([1000, 40]);
    expect(measured).toEqual([1, 1]);
  });

  it('waits a second for a VMM whose memory is locked up, whoever else asks and in whatever order', async () => {
    const locked = machine(LOCKED_PID);
    const others = [1, 2, 3].map(machine);
    const figures: (number | undefined)[] = [];
    const begun = performance.now();
    const oneByOne = (async () => {
      for (const one of [locked, ...others, locked]) figures.push(await memory.of(one));
      return performance.now() - begun;
    })();
    const atTheSameTime = Promise.all(others.map((one) => memory.of(one)));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([await oneByOne, figures]).toEqual([1_000, Array.from({ length: 5 })]);
    expect(await atTheSameTime).toEqual(Array.from({ length: 3 }));
    expect(measured).toEqual([LOCKED_PID]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answers(others.map((one) => memory.of(one)))).toEqual([1000, 2000, 3000, 120]);
  });
});
