import { beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/core/logging/index.js';
import { readGuestState } from '../../../src/session/guest/guest-state.js';
import { readSpec } from '../../../src/session/guest/session-spec.js';
import { SessionBook } from '../../../src/session/session-book.js';
import { SessionRepository } from '../../../src/session/session.repository.js';
import type { Session } from '../../../src/session/session.types.js';
import type { Vm } from '../../../src/vm/index.js';
import { anImage, aVm, scratchDatabase } from '../database/support.js';

const VM = { id: 'vm_one', name: 'one' } as Vm;
const COPY = { id: 'vm_two', name: 'two' } as Vm;
const NAME = 'ses_aaaaaaaaaaaa';
const NEVER = new AbortController().signal;
const SPEC = readSpec(
  Buffer.from(
    JSON.stringify({ name: 'dev', command: ['make'], cwd: '/', createdAt: '2026-01-01T00:00:00Z' }),
  ),
);

describe('the book of sessions', () => {
  let sessions: SessionRepository;
  let book: SessionBook;
  let told: string[];
  let session: Session;
  beforeEach(async () => {
    const database = await scratchDatabase();
    await database.client.image.create({ data: anImage('main') });
    for (const [index, name] of ['one', 'two'].entries())
      await database.client.vm.create({
        data: { ...aVm(name, 'img_main'), mac: `52:54:00:00:00:0${index}` },
      });
    sessions = new SessionRepository(database);
    book = new SessionBook(sessions, createLogger({ level: 'silent' }));
    told = [];
    book.onChange(({ id, state }) => told.push(`${id} ${state}`));
    const data = { id: NAME, guestName: NAME, vmId: VM.id, vmName: VM.name, state: 'running' } as const;
    session = await sessions.insert({ ...SPEC, ...data });
  });

  const say = async (record: string, lives = false, more = {}): Promise<Session | undefined> => {
    const current = (await sessions.find(NAME)) ?? session;
    await book.told(current, readGuestState(record), lives, more);
    return sessions.find(NAME);
  };

  it('has the end that the guest tells of', async () => {
    const record = 'state=exited code=3 timedout=1 ended=1700000000000';
    expect(await say(record, false, { stdoutBytes: 5 })).toMatchObject({
      state: 'exited',
      exitCode: 3,
      timedOut: true,
      reason: undefined,
      stdoutBytes: 5,
      endedAt: new Date(1_700_000_000_000),
    });
    expect(told).toEqual([`${NAME} exited`]);
  });

  it('has why one was given up in the guest', async () => {
    expect(await say('state=exited signal=15 why=disk-full')).toMatchObject({
      state: 'failed',
      signal: 'TERM',
      reason: 'the disk of the VM became full, and it was ended',
    });
  });

  it('has one as lost that nobody keeps any more, with when that was found', async () => {
    expect(await say('state=running pid=5')).toMatchObject({ state: 'lost', exitCode: undefined });
    expect((await sessions.find(NAME))?.reason).toMatch(/was killed/);
    // found again: it had not been looked at rightly, or the VM went back
    expect(await say('state=running pid=5', true)).toMatchObject({ state: 'running', reason: undefined });
    expect(told).toEqual([`${NAME} lost`, `${NAME} running`]);
    await say('state=running pid=5', true);
    expect(told).toHaveLength(2);
  });

  it('leaves the end of one that has ended as it is when its VM goes down', async () => {
    const ended = await say('state=exited code=0');
    await book.lose(session, 'the VM was stopped', { droppedBytes: 7 });
    expect(await sessions.find(NAME)).toEqual({ ...ended, droppedBytes: 7 });
    await sessions.remove(NAME);
    await book.lose({ ...session, state: 'exited' }, 'the VM was stopped');
    await book.change(session, { state: 'lost' });
    expect(told).toEqual([`${NAME} exited`]);
  });

  it('tells who waits for the end of one, also when it comes at that moment', async () => {
    const waited = book.ended(NAME, NEVER);
    const ending = say('state=exited code=4');
    expect(await waited).toMatchObject({ state: 'exited', exitCode: 4 });
    await ending;
    expect(await book.ended(NAME, NEVER)).toMatchObject({ exitCode: 4 });
    expect(await book.ended('ses_none', NEVER)).toBeUndefined();
  });

  // Its VM was deleted: who waited did so for ever.
  it('tells who waits for the end of one that is gone with its VM', async () => {
    const waited = book.ended(NAME, NEVER);
    await sessions.list();
    await sessions.remove(NAME);
    await book.lose(session, 'the VM was deleted');
    expect(await waited).toMatchObject({ id: NAME, state: 'lost', reason: 'the VM was deleted' });
  });

  // Who went away during the first look left a rejection that nobody handled, which ends a daemon.
  it('lets who waits go away, at any moment', async () => {
    const stop = new AbortController();
    const waited = book.ended(NAME, stop.signal);
    stop.abort(new RangeError('enough'));
    await expect(waited).rejects.toThrow('enough');
    await expect(book.ended(NAME, AbortSignal.abort(new RangeError('before')))).rejects.toThrow('before');
  });

  it('takes up what a copy of a VM has: under its name there, and an id of its own', async () => {
    expect(await book.adopt(VM, NAME, SPEC)).toMatchObject({ id: NAME });
    expect(told).toEqual([]);
    const copied = await book.adopt(COPY, NAME, SPEC);
    expect(copied).toMatchObject({
      vmId: 'vm_two',
      vmName: 'two',
      guestName: NAME,
      name: 'dev',
      state: 'running',
    });
    expect(copied?.id).not.toBe(NAME);
    expect(await book.adopt(COPY, NAME, SPEC)).toEqual(copied);
    // a name that there is already is nobody else's
    expect(await book.adopt(COPY, 'other', SPEC)).toMatchObject({ guestName: 'other', name: undefined });
    expect(await sessions.list('vm_two')).toHaveLength(2);
  });

  // Its id was taken for free, and what had been found could not be written down: nothing of the copy was followed any more.
  it('takes up what a copy has of a session that is deleted, but not in its guest', async () => {
    await sessions.bury(NAME);
    const copied = await book.adopt(COPY, NAME, SPEC);
    expect(copied).toMatchObject({ vmId: 'vm_two', guestName: NAME });
    expect(copied?.id).not.toBe(NAME);
  });

  it('takes up what it has lost itself under the id that it had', async () => {
    await sessions.remove(NAME);
    expect(await book.adopt(VM, NAME, SPEC)).toMatchObject({ id: NAME, name: 'dev', command: ['make'] });
  });
});
