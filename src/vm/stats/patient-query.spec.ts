import { describe, expect, it, vi } from 'vitest';
import { CounterRate } from './counter-rate.js';
import { PatientQuery } from './patient-query.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('PatientQuery', () => {
  it('asks a question once, however often it is poked, until it is answered', async () => {
    const answer = Promise.withResolvers<number>();
    const ask = vi.fn(() => answer.promise);
    const query = new PatientQuery(ask, () => 0);
    const take = vi.fn();
    for (let poke = 0; poke < 5; poke += 1) query.poke(take, expect.unreachable);
    expect(ask).toHaveBeenCalledTimes(1);
    answer.resolve(7);
    await settled();
    expect(take).toHaveBeenCalledExactlyOnceWith(7);
    query.poke(take, expect.unreachable);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('asks more and more rarely what is not answered, and as before when it is', async () => {
    let now = 0;
    let healthy = false;
    const asked: number[] = [];
    const query = new PatientQuery(
      () => {
        asked.push(now / 1000);
        return healthy ? Promise.resolve(1) : Promise.reject(new Error('no answer'));
      },
      () => now,
    );
    for (now = 0; now <= 600_000; now += 5_000) {
      if (now === 500_000) healthy = true;
      query.poke(
        () => undefined,
        () => undefined,
      );
      await settled();
    }
    expect(asked.filter((at) => at < 500)).toEqual([0, 10, 30, 70, 150, 270, 390]);
    expect(asked.filter((at) => at >= 500).slice(0, 3)).toEqual([510, 515, 520]);
  });
});

describe('CounterRate', () => {
  it('is per second, and unknown at first and after the counter began anew', () => {
    const rate = new CounterRate();
    expect([
      rate.next(100, 1000),
      rate.next(300, 3000),
      rate.next(300, 4000),
      rate.next(10, 5000),
      rate.next(60, 6000),
    ]).toEqual([Number.NaN, 100, 0, Number.NaN, 50]);
  });
});
