import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fakes/fake-clock.js';
import { OomRecords } from './oom-records.adapter.js';
import { OomWatch } from './oom-watch.js';

class FakeRecords extends OomRecords {
  count: number | undefined = 5;
  log: Set<number> | undefined;

  override async kills(): Promise<number | undefined> {
    return this.count;
  }

  override async victims(): Promise<Set<number> | undefined> {
    return this.log;
  }
}

async function watching(): Promise<{ records: FakeRecords; clock: FakeClock; watch: OomWatch }> {
  const records = new FakeRecords();
  const clock = new FakeClock();
  const watch = new OomWatch(records, clock);
  await watch.look();
  return { records, clock, watch };
}

describe('the watch for lack of memory', () => {
  it('is certain when the log of the kernel names the process', async () => {
    const { records, watch } = await watching();
    records.log = new Set([42]);
    records.count = 9;
    expect(await watch.blame(42, false)).toBe('certain');
    expect(await watch.blame(43, true), 'it names others').toBeUndefined();
  });

  it('infers from the counter where the log is closed: one kill explains one end', async () => {
    const { records, watch } = await watching();
    expect(await watch.blame(1, true), 'killed before it looked').toBeUndefined();
    records.count = 7;
    expect(await watch.blame(1, false), 'its end does not look like it').toBeUndefined();
    expect([await watch.blame(1, true), await watch.blame(2, true), await watch.blame(3, true)]).toEqual([
      'probable',
      'probable',
      undefined,
    ]);
  });

  it('does not blame what the kernel killed a while ago', async () => {
    const { records, clock, watch } = await watching();
    records.count = 6;
    await watch.look();
    clock.pass(30_000);
    await watch.look();
    clock.pass(31_000);
    expect(await watch.blame(1, true)).toBeUndefined();
  });

  it('knows nothing where the kernel tells nothing', async () => {
    const { records, watch } = await watching();
    records.count = undefined;
    expect(await watch.blame(1, true)).toBeUndefined();
  });
});
