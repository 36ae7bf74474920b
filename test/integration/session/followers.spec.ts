import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutputLog } from '../../../src/session/output/output-log.js';
import { OutputReader } from '../../../src/session/read/output-reader.js';
import { recordBytes, recordsIn } from '../../support/session-records.js';
import { followedVms } from './support/followed-vms.js';
import type { FollowedVms } from './support/followed-vms.js';

const NEVER = new AbortController().signal;
const NAME = 'ses_aaaaaaaaaaaa';

describe('the follower of sessions', () => {
  let all: FollowedVms;
  beforeEach(async () => {
    all = await followedVms();
  });

  const follow = async (): Promise<void> => {
    all.followers.follow(await all.vms.require('one'));
    await all.guests.one.isAsked(1);
  };

  // It stayed as one whose end has been acted on, and had run out of time: the next end of it was nobody's.
  it('has one that runs again after its VM went back run as it did at first', async () => {
    await all.insert(NAME, { onExit: 'notify' });
    await all.sessions.update(NAME, { state: 'exited', exitCode: 1, timedOut: true, exitHandled: true });
    await follow();
    all.guests.one.say(`B ${NAME} 0`);
    await all.guests.one.isAsked(2);
    expect(await all.sessions.find(NAME)).toMatchObject({
      state: 'running',
      exitCode: undefined,
      timedOut: false,
      exitHandled: false,
    });
  });

  // Who waited did so for ever, and who read what there was left to read span.
  it('leaves nobody waiting whose VM is deleted, with or without its row', async () => {
    const running = await all.insert(NAME);
    const other = await all.insert('ses_bbbbbbbbbbbb', { vmId: 'vm_two', vmName: 'two' });
    await follow();
    const log = await all.logs.open(running);
    await log.append(recordsIn(recordBytes('mark', '0 0'), recordBytes('stdout', 'one\n')));
    const reading = followToEnd(log);
    const waited = all.book.ended(NAME, NEVER);
    const left = all.book.ended(other.id, NEVER);
    await expect.poll(() => reading.got).toEqual(['one\n']);
    const vm = await all.vms.require('one');
    all.events.publish({ vm: { ...vm, state: 'deleting' }, from: 'running' });
    // taking a machine down takes at least as long as that
    await all.sessions.list();
    await all.vms.remove(vm.id);
    expect(await waited).toMatchObject({ state: 'lost', reason: expect.stringMatching(/deleted/) });
    await reading.done;
    expect(await log.read(0, 100)).toMatchObject({ bytes: Buffer.alloc(0) });
    expect(all.followers.of('vm_one')).toBeUndefined();
    all.events.publish({ vm: { ...vm, id: 'vm_two', state: 'deleting' }, from: 'suspended' });
    expect(await left).toMatchObject({ state: 'lost' });
  });

  const had = async (id: string): Promise<void> => {
    const log = await all.logs.open({ id, vmId: 'vm_one' });
    await log.append(recordsIn(recordBytes('mark', '0 0'), recordBytes('stderr', 'one\n')));
  };
  const state = async (id = NAME): Promise<unknown> => {
    const session = await all.sessions.find(id);
    return [session?.state, session?.reason, session?.stderrBytes];
  };

  // It had written nothing, by what was told of it, whatever could be read of it.
  it('tells how much one has written that is lost, whoever finds that', async () => {
    const suspended = await all.insert('ses_bbbbbbbbbbbb', { vmId: 'vm_two', vmName: 'two' });
    await all.insert(NAME);
    await had(NAME);
    await follow();
    all.guests.one.say(`G ${NAME}`);
    await expect.poll(() => state()).toEqual(['lost', 'its files in the VM are gone', 4]);
    await all.insert('ses_cccccccccccc');
    await had('ses_cccccccccccc');
    const vm = await all.vms.require('one');
    await all.vms.transition(vm, 'stopping');
    await all.vms.transition(await all.vms.require('one'), 'stopped');
    await all.followers.settled();
    await all.sessions.update('ses_cccccccccccc', { state: 'running', stderrBytes: 0 });
    await all.followers.reconcile();
    expect(await state('ses_cccccccccccc')).toEqual(['lost', expect.stringMatching(/stopped/), 4]);
    expect(await state(suspended.id)).toEqual(['running', undefined, 0]);
    await all.sessions.update('ses_cccccccccccc', { state: 'running' });
    vi.spyOn(all.logs, 'written').mockRejectedValue(new RangeError('unreadable'));
    await all.followers.reconcile();
  });

  // Its guest died in the middle of its start: it was taken for one that runs, for ever.
  it('has one as lost of which the guest has no more than a beginning', async () => {
    await all.insert(NAME, { state: 'starting' });
    await follow();
    all.guests.one.say(`S ${NAME} 0`, ' '.repeat(512));
    await expect.poll(() => state()).toEqual(['lost', 'its start was cut off', 0]);
  });

  it('waits for what is being started, also when it is told late of before', async () => {
    await follow();
    const follower = all.followers.of('vm_one');
    await all.insert(NAME, { state: 'starting' });
    follower?.expect(NAME);
    const early = async (): Promise<void> => {
      all.guests.one.say(`S ${NAME} 0`, ' '.repeat(512));
      all.guests.one.say(`G ${NAME}`);
      // what is told behind it has been heard
      all.guests.one.say(`N late`, '{}');
      await expect.poll(async () => (await all.sessions.list()).length).toBe(2);
      await all.sessions.remove((await all.sessions.list()).find(({ id }) => id !== NAME)?.id ?? '');
    };
    await early();
    expect(await state()).toEqual(['starting', undefined, 0]);
    follower?.settle(NAME, true);
    await early();
    expect(await state()).toEqual(['starting', undefined, 0]);
    all.guests.one.say(`S ${NAME} 1`, 'state=running pid=5');
    await expect.poll(() => state()).toEqual(['running', undefined, 0]);
    all.guests.one.say(`G ${NAME}`);
    await expect.poll(() => state()).toEqual(['lost', 'its files in the VM are gone', 0]);
  });

  // Each command about any session waited 5 s for it, for as long as it was silent.
  it('makes nobody wait for a silent guest that has been waited for already', async () => {
    const answer = Promise.withResolvers<void>();
    for (const name of ['one', 'two'] as const) {
      all.guests[name].hold(answer.promise);
      all.followers.follow(await all.vms.require(name));
    }
    // what becomes of it cannot be taken note of before its follower has ended
    await all.vms.transition(await all.vms.require('two'), 'stopping');
    await all.vms.transition(await all.vms.require('two'), 'stopped');
    const waits = async (vmId?: string): Promise<number> => {
      const begun = performance.now();
      await all.followers.settled(vmId);
      return performance.now() - begun;
    };
    const first = await waits();
    expect(first).toBeGreaterThan(3_000);
    expect(first).toBeLessThan(9_000);
    for (const vmId of [undefined, 'vm_one', 'vm_two']) expect(await waits(vmId)).toBeLessThan(1_000);
    answer.resolve();
  });
});

/** Reads what a session writes, as who follows it does whom nobody tells of its end. */
function followToEnd(log: OutputLog): { got: string[]; done: Promise<void> } {
  const got: string[] = [];
  const reader = new OutputReader(log);
  const done = (async () => {
    const until = { over: NEVER, signal: NEVER };
    for await (const { payload } of reader.pieces(await reader.beginning(), until))
      got.push(payload.toString());
  })();
  return { got, done };
}
