import { beforeEach, describe, expect, it } from 'vitest';
import { readGuestState } from '../../../src/session/guest/guest-state.js';
import { readSpec } from '../../../src/session/guest/session-spec.js';
import { SessionRepository } from '../../../src/session/session.repository.js';
import type { NewSession } from '../../../src/session/session.repository.js';
import { anImage, aVm, scratchDatabase } from '../database/support.js';

const SESSION: NewSession = {
  id: 'ses_aaaaaaaaaaaa',
  vmId: 'vm_one',
  vmName: 'one',
  guestName: 'ses_aaaaaaaaaaaa',
  name: 'dev',
  command: ['make', 'ünï\n'],
  cwd: '/work',
  terminal: true,
  stdin: true,
  timeoutSeconds: 60,
  onExit: 'notify',
  state: 'starting',
  createdAt: new Date('2026-01-01T00:00:00Z'),
};

describe('sessions in the database', () => {
  let sessions: SessionRepository;
  beforeEach(async () => {
    const database = await scratchDatabase();
    const { client } = database;
    await client.image.create({ data: anImage('main') });
    for (const [index, name] of ['one', 'two'].entries())
      await client.vm.create({ data: { ...aVm(name, 'img_main'), mac: `52:54:00:00:00:0${index}` } });
    sessions = new SessionRepository(database);
    await sessions.insert(SESSION);
  });
  const insert = (changes: Partial<NewSession>): Promise<unknown> =>
    sessions.insert({ ...SESSION, guestName: changes.id ?? '', ...changes });

  it('are read as they were written', async () => {
    expect(await sessions.find(SESSION.id)).toMatchObject(SESSION);
    const endedAt = new Date('2026-01-01T00:01:00Z');
    const ended = { state: 'exited', exitCode: 3, signal: 'TERM', stdoutBytes: 2 ** 40, endedAt } as const;
    expect(await sessions.update(SESSION.id, ended)).toMatchObject(ended);
    const again = await sessions.update(SESSION.id, { exitCode: null, signal: null, endedAt: null });
    expect([again?.exitCode, again?.signal, again?.endedAt]).toEqual([undefined, undefined, undefined]);
    expect(await sessions.update('ses_none', ended)).toBeUndefined();
  });

  it('are found by id, its beginning, name, and VM with name', async () => {
    await insert({ id: 'ses_abbbbbbbbbbb', vmId: 'vm_two', vmName: 'two' });
    await insert({ id: 'ses_cccccccccccc', name: 'web' });
    for (const [ref, id] of [
      [SESSION.id, SESSION.id],
      ['ses_aa', SESSION.id],
      ['web', 'ses_cccccccccccc'],
      ['two/dev', 'ses_abbbbbbbbbbb'],
      ['vm_two/dev', 'ses_abbbbbbbbbbb'],
      ['one/ses_cccccccccccc', 'ses_cccccccccccc'],
    ] as const)
      expect((await sessions.require(ref)).id, ref).toBe(id);
    for (const ref of ['none', 'ses_x', 'two/web', 'one/', '/', 'one/ses_aa'])
      await expect(sessions.require(ref), ref).rejects.toMatchObject({ kind: 'SESSION_NOT_FOUND' });
    for (const ref of ['dev', 'ses_a'])
      await expect(sessions.require(ref), ref).rejects.toMatchObject({ kind: 'SESSION_AMBIGUOUS' });
  });

  it('have names of their own in their VM', async () => {
    await expect(insert({ id: 'ses_bbbbbbbbbbbb' })).rejects.toMatchObject({ kind: 'SESSION_NAME_TAKEN' });
    await insert({ id: 'ses_bbbbbbbbbbbb', name: undefined });
    await insert({ id: 'ses_cccccccccccc', name: undefined });
  });

  it('are seen by nobody when they are deleted, until their guest is rid of them', async () => {
    await sessions.bury(SESSION.id);
    expect([await sessions.find(SESSION.id), await sessions.list()]).toEqual([undefined, []]);
    await expect(sessions.require('dev')).rejects.toMatchObject({ kind: 'SESSION_NOT_FOUND' });
    expect(await sessions.buried('vm_one')).toEqual([{ id: SESSION.id, guestName: SESSION.guestName }]);
    await insert({ id: 'ses_bbbbbbbbbbbb' });
    await sessions.remove(SESSION.id);
    await sessions.remove(SESSION.id);
    expect(await sessions.buried('vm_one')).toEqual([]);
  });

  // One row that cannot be read would hide the sessions of all VMs.
  it.each([
    { createdAt: '+275760-09-13T00:00:00.000Z' },
    { createdAt: '-000001-01-01T00:00:00.000Z' },
    { createdAt: '0000-01-01T00:00:00.000Z' },
    { timeoutSeconds: 2 ** 40 },
    { cwd: 'a\0b', command: ['\0', '\ud800'] },
  ])('can be read whatever a guest says of one: %j', async (told) => {
    const spec = readSpec(Buffer.from(JSON.stringify(told)));
    await insert({ ...spec, id: 'ses_bbbbbbbbbbbb' });
    expect(await sessions.list()).toHaveLength(2);
  });

  it.each(['999999999999999', '0', '253402300800000'])(
    'can be read whenever one ended: %s',
    async (ended) => {
      const { endedAt } = readGuestState(`state=exited ended=${ended}`);
      await sessions.update(SESSION.id, { endedAt: endedAt ?? new Date() });
      expect(await sessions.list()).toHaveLength(1);
    },
  );
});
