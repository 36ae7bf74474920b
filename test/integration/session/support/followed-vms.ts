import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLogger } from '../../../../src/core/logging/index.js';
import { FollowerParts } from '../../../../src/session/follow/follower-parts.js';
import { Followers } from '../../../../src/session/follow/followers.js';
import type { GuestSessions } from '../../../../src/session/guest/guest-sessions.js';
import { FileOutputLogs } from '../../../../src/session/output/output-logs.adapter.js';
import { SessionBook } from '../../../../src/session/session-book.js';
import { SessionLogs } from '../../../../src/session/session-logs.js';
import { SessionPaths } from '../../../../src/session/session-paths.js';
import { SessionRepository } from '../../../../src/session/session.repository.js';
import type { NewSession } from '../../../../src/session/session.repository.js';
import type { Session } from '../../../../src/session/session.types.js';
import { VmEvents, VmRepository } from '../../../../src/vm/index.js';
import type { GuestAccess, Vm, VmPathFinder } from '../../../../src/vm/index.js';
import { testConfig } from '../../../support/fakes/test-config.js';
import { anImage, aVm, scratchDatabase } from '../../database/support.js';
import { ScriptedGuest } from './scripted-guest.js';

/** The sessions of VMs `one` and `two`, which run: all of the host's side is real, the guests are scripted. */
export interface FollowedVms {
  readonly book: SessionBook;
  readonly events: VmEvents;
  readonly followers: Followers;
  readonly guests: Record<'one' | 'two', ScriptedGuest>;
  readonly logs: SessionLogs;
  readonly sessions: SessionRepository;
  readonly vms: VmRepository;
  /** One that runs in `one`, unless something else is said. */
  insert(id: string, changes?: Partial<NewSession>): Promise<Session>;
}

export async function followedVms(): Promise<FollowedVms> {
  const root = mkdtempSync(join(tmpdir(), 'bgr-followed-'));
  const database = await scratchDatabase();
  await database.client.image.create({ data: anImage('main') });
  for (const [index, name] of ['one', 'two'].entries())
    await database.client.vm.create({
      data: { ...aVm(name, 'img_main'), mac: `52:54:00:00:00:0${index}` },
    });
  const events = new VmEvents();
  const vms = new VmRepository(database, events);
  const sessions = new SessionRepository(database);
  const logger = createLogger({ level: 'silent' });
  const book = new SessionBook(sessions, logger);
  const places = { of: (id: string) => ({ directory: join(root, id) }) } as unknown as VmPathFinder;
  const logs = new SessionLogs(new FileOutputLogs(), new SessionPaths(places), await testConfig());
  const guests = { one: new ScriptedGuest(), two: new ScriptedGuest() };
  const access = {
    connect: (vm: Vm) => guests[vm.name as 'one' | 'two'].connect(),
  } as unknown as GuestAccess;
  const noGuest = {} as GuestSessions;
  const parts = new FollowerParts(access, noGuest, book, logs, sessions, logger);
  const followers = new Followers(parts, vms, events);
  onTestFinished(async () => {
    await followers.onModuleDestroy();
    rmSync(root, { recursive: true, force: true });
  });
  const insert = (id: string, changes: Partial<NewSession> = {}): Promise<Session> =>
    sessions.insert({ ...SESSION, id, guestName: id, ...changes });
  return { book, events, followers, guests, logs, sessions, vms, insert };
}

const SESSION = {
  vmId: 'vm_one',
  vmName: 'one',
  name: undefined,
  command: ['make'],
  cwd: '/',
  terminal: false,
  stdin: false,
  timeoutSeconds: undefined,
  onExit: undefined,
  state: 'running',
  createdAt: new Date('2026-01-01T00:00:00Z'),
} as const;
