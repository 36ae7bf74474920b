import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { plainConfig } from '../../../test/support/fakes/test-config.js';
import { Clock } from '../../core/clock/index.js';
import { Jobs } from '../../core/jobs/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import { ClockKeeper } from './clock-keeper.js';

class FakeClock extends Clock {
  wall = 1_000_000;
  up = 5_000;
  override now = (): number => this.wall;
  override sinceBoot = (): number => this.up;
  override awake = (): number => this.up;
  pass(ms: number): void {
    this.wall += ms;
    this.up += ms;
  }
}

/** A guest whose clock is off by so much, until it is set. */
class FakeAgent {
  asked = 0;
  readonly set: string[][] = [];
  /** `ms` that the guest takes from reading its clock to setting it; other for each attempt */
  lagsMs = [15];

  constructor(public offsetMs: number) {}

  async time(): Promise<number> {
    this.asked += 1;
    return Date.now() + this.offsetMs;
  }

  async exec(argv: string[]): Promise<{ exitCode: number; stdout: Buffer; stderr: Buffer }> {
    this.set.push(argv);
    const lag = this.lagsMs[this.set.length - 1] ?? 15;
    this.offsetMs += Number(argv[4]) - lag;
    return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('ClockKeeper', () => {
  let clock: FakeClock;
  let machines: Machines;
  let locks: VmLocks;
  let log: { msg: string; vm?: string }[];
  let keeper: ClockKeeper;

  beforeEach(() => {
    clock = new FakeClock();
    machines = new Machines();
    locks = new VmLocks();
    log = [];
    const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line) as (typeof log)[number]) });
    const jobs = new Jobs(logger);
    jobs.begin();
    keeper = new ClockKeeper(machines, locks, clock, plainConfig('user'), jobs, logger);
  });

  function add(id: string, offsetMs: number): FakeAgent {
    const agent = new FakeAgent(offsetMs);
    machines.add(id, { agent } as unknown as Machine);
    return agent;
  }

  async function round(): Promise<void> {
    await keeper.tick();
    await settled();
  }

  it('sets a clock that is off by more than 100 ms, and no other', async () => {
    const [right, little, wrong, far] = [add('a', 0), add('b', 90), add('c', -3_000), add('d', 1e12)];
    await round();
    expect([right.set, little.set]).toEqual([[], []]);
    for (const agent of [wrong, far]) {
      expect(Math.abs(agent.offsetMs)).toBeLessThan(100);
      expect(agent.set).toHaveLength(1);
    }
    expect(log.map(({ vm, msg }) => `${vm} ${msg}`)).toEqual([
      'c set the clock of a guest',
      'd set the clock of a guest',
    ]);
  });

  // A guess of how long the setting takes made it worse: one slow attempt, and the next quick one set the clock ahead.
  it('comes to rest where the setting takes now long and now little', async () => {
    const busy = add('a', -814_487_443_440);
    busy.lagsMs = [500, 10];
    await round();
    expect(busy.set).toHaveLength(2);
    expect(Math.abs(busy.offsetMs)).toBeLessThan(100);
  });

  it('asks once a minute, with one message', async () => {
    const agent = add('a', 0);
    for (let second = 0; second < 120; second += 1) {
      await round();
      clock.pass(1_000);
    }
    expect(agent.asked).toBe(2);
  });

  it('asks all at once when the clock of the host was set, forwards or backwards, and says so', async () => {
    const agent = add('a', 0);
    await round();
    for (const jump of [3_600_000, -7_200_000, 300]) {
      clock.pass(1_000);
      clock.wall += jump;
      await round();
    }
    clock.pass(1_000);
    clock.wall += 50;
    await round();
    expect(agent.asked).toBe(4);
    expect(log.map(({ msg }) => msg)).toEqual(
      Array.from({ length: 3 }, () => 'the clock of this host was set, or the host has slept'),
    );
  });

  it('a guest that hangs is asked once and delays no other; one that fails is asked more and more rarely', async () => {
    const hung = add('hung', 0);
    hung.time = () => {
      hung.asked += 1;
      return new Promise(() => undefined);
    };
    const failing = add('failing', 0);
    failing.time = async () => {
      failing.asked += 1;
      throw new Error('no answer');
    };
    const fine = add('fine', 0);
    for (let minute = 0; minute < 10; minute += 1) {
      await round();
      clock.pass(61_000);
    }
    expect([hung.asked, fine.asked]).toEqual([1, 10]);
    expect(failing.asked).toBeLessThan(9);
    expect(log).toEqual([]);
  });

  it('leaves alone a VM with a change under way', async () => {
    const agent = add('a', -3_000);
    const release = await locks.take('a', 'web', 'stop');
    await round();
    release();
    expect(agent.asked).toBe(0);
  });
});
