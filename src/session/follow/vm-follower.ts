import { setTimeout as delay } from 'node:timers/promises';
import { cancellation, toBangerError } from '../../core/errors/index.js';
import { openChannel, SshConnectError } from '../../core/ssh/index.js';
import type { SshChannel } from '../../core/ssh/index.js';
import type { Vm } from '../../vm/index.js';
import { FOLLOWER_PROGRAM } from '../guest/follower-program.js';
import { programLine } from '../guest/guest-sessions.js';
import { readGuestState } from '../guest/guest-state.js';
import { readSpec } from '../guest/session-spec.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';
import { FollowDecoder } from './follow-frames.js';
import type { FollowFrame } from './follow-frames.js';
import type { FollowerParts } from './follower-parts.js';
import { forAWhile } from './for-a-while.js';
import { SessionIngest } from './session-ingest.js';

/** `ms` between attempts: the first at once, the later ones for a guest that is out of order for long */
const RETRY_MS = [0, 250, 1_000, 5_000, 15_000];

const GONE = 'its files in the VM are gone';
const CUT_OFF = 'its start was cut off';

/** Something has to be begun anew, from what is written down now. */
class FollowAnew extends Error {}

/** Keeps up with the sessions of one VM, as long as any of them may have something to tell. */
export class VmFollower {
  /** resolves when nothing is left to follow, or after `stop` */
  readonly finished: Promise<void>;
  /** resolves when the guest has told which sessions there are, or cannot, or lets one wait for too long */
  readonly ready: Promise<void>;
  /** ttys of sessions that have one, by guest name */
  readonly terminals = new Map<string, string>();
  readonly #vm: Vm;
  readonly #parts: FollowerParts;
  readonly #stop = new AbortController();
  /** guest names of sessions that have not been told of to their end */
  readonly #open = new Set<string>();
  /** those of them that are being started */
  readonly #expected = new Set<string>();
  /** those that were, since this connection began, and that it has not told of since */
  readonly #begun = new Set<string>();
  #ingests = new Map<string, SessionIngest>();
  /** those whose keeper runs, as this connection was told */
  readonly #living = new Set<string>();
  #channel: SshChannel | undefined;
  readonly #answered = Promise.withResolvers<void>();
  #isReady = false;

  constructor(vm: Vm, parts: FollowerParts) {
    this.#vm = vm;
    this.#parts = parts;
    this.ready = forAWhile(this.#answered.promise);
    this.finished = this.#run().finally(() => this.#answered.resolve());
  }

  /** A session is about to appear in the guest: it is waited for, and not taken for lost. */
  expect(guestName: string): void {
    this.#open.add(guestName);
    this.#expected.add(guestName);
  }

  /** It has appeared, or will not. */
  settle(guestName: string, came: boolean): void {
    this.#expected.delete(guestName);
    const isTold = this.#living.has(guestName) || !this.#open.has(guestName);
    if (came && !isTold) this.#begun.add(guestName);
    if (came) return;
    this.#open.delete(guestName);
    if (this.#isDone) this.#channel?.close();
  }

  /** Output of a session, by a shorter way than the follower's own: what is typed and comes back at once. */
  async takeEarly(guestName: string, offset: number, bytes: Buffer): Promise<void> {
    await this.#ingests.get(guestName)?.takeEarly(offset, bytes);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.finished;
  }

  get #signal(): AbortSignal {
    return this.#stop.signal;
  }

  get #isDone(): boolean {
    return this.#isReady && this.#open.size === 0;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#signal.aborted;) {
      const started = performance.now();
      try {
        await this.#follow();
        if (this.#isDone) return;
      } catch (error) {
        if (this.#signal.aborted) return;
        if (!(error instanceof FollowAnew)) this.#brokeOff(error);
      }
      failures = performance.now() - started > 60_000 ? 0 : failures + 1;
      const wait = RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 0;
      await delay(wait, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  #brokeOff(error: unknown): void {
    // Nobody waits for a guest that does not answer.
    this.#answered.resolve();
    const { logger } = this.#parts;
    logger.warn({ vm: this.#vm.id, err: toBangerError(error) }, 'following its sessions broke off');
  }

  /** One connection's worth. */
  async #follow(): Promise<void> {
    const connection = await this.#parts.access.connect(this.#vm, this.#signal);
    this.#ingests = new Map();
    this.#living.clear();
    this.#begun.clear();
    this.#isReady = false;
    const known = await this.#knownSessions();
    const reason = (): unknown => cancellation(this.#signal, 'following sessions');
    const channel = await openChannel(
      connection,
      { line: programLine(FOLLOWER_PROGRAM, '-') },
      this.#signal,
      reason,
    );
    this.#channel = channel;
    const abort = (): void => channel.close();
    this.#signal.addEventListener('abort', abort, { once: true });
    try {
      channel.stdin.write(`${known.join('\n')}\n\n`);
      await this.#listen(channel);
    } finally {
      this.#signal.removeEventListener('abort', abort);
      channel.close();
      for (const { session } of this.#ingests.values()) await this.#parts.logs.rest(session);
    }
  }

  async #listen(channel: SshChannel): Promise<void> {
    const decoder = new FollowDecoder();
    let complaint = '';
    channel.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-500)));
    for await (const chunk of channel.stdout) {
      for (const frame of decoder.push(chunk as Buffer)) await this.#take(frame);
      if (this.#isDone) return;
    }
    if (this.#isDone) return;
    throw new SshConnectError('lost', this.#vm.name, { why: complaint });
  }

  /** What the guest is told of each: where to go on, or that it has ended and is copied. */
  async #knownSessions(): Promise<string[]> {
    const lines: string[] = [];
    for (const { id, guestName } of await this.#parts.sessions.buried(this.#vm.id)) {
      await this.#parts.guest.remove(this.#vm, guestName);
      await this.#parts.sessions.remove(id);
    }
    for (const session of await this.#parts.sessions.list(this.#vm.id)) {
      if (session.state === 'exited' || session.state === 'failed') {
        lines.push(`${session.guestName} -`);
        continue;
      }
      const ingest = await this.#ingest(session);
      if (!hasEnded(session)) this.#open.add(session.guestName);
      lines.push(`${session.guestName} ${ingest.log.end}`);
    }
    return lines;
  }

  async #take(frame: FollowFrame): Promise<void> {
    if (frame.type === 'ready') {
      this.#isReady = true;
      return this.#answered.resolve();
    }
    if (frame.type === 'new') return this.#meet(frame.name, frame.payload);
    const session = await this.#sessionOf(frame.name);
    if (session === undefined) return;
    if (frame.type === 'gone') {
      if (this.#mayBeOld(frame.name)) return;
      const current = await this.#parts.sessions.find(session.id);
      return this.#lose(session, current?.state === 'starting' ? CUT_OFF : GONE);
    }
    const ingest = await this.#ingest(session);
    if (frame.type === 'state') return this.#told(ingest, frame.payload.toString('latin1'), frame.lives);
    const isOther = frame.type === 'behind' || !(await ingest.take(frame.offset, frame.payload));
    if (isOther) await this.#differs(ingest);
  }

  /**
   * The guest has other output than what is here. Of a session that runs it has gone back to what it was before, and what
   * was copied since is of another course of things. Of one that does not, it was cut off, and this is the better copy.
   */
  async #differs(ingest: SessionIngest): Promise<void> {
    const { session } = ingest;
    const runsAgain = session.state === 'exited' || session.state === 'failed';
    if (!runsAgain && !this.#living.has(session.guestName)) return ingest.close();
    await ingest.discard();
    await this.#parts.book.runs(session);
    throw new FollowAnew();
  }

  async #meet(name: string, spec: Buffer): Promise<void> {
    const session = await this.#parts.book.adopt(this.#vm, name, readSpec(spec));
    if (session !== undefined) this.#open.add(name);
  }

  async #told(ingest: SessionIngest, record: string, lives: boolean): Promise<void> {
    const { session } = ingest;
    const state = readGuestState(record);
    if (state.tty !== undefined) this.terminals.set(session.guestName, state.tty);
    if (!lives && record.trim() === '')
      return this.#mayBeOld(session.guestName) ? undefined : this.#lose(session, CUT_OFF);
    this.#begun.delete(session.guestName);
    if (lives) {
      this.#open.add(session.guestName);
      this.#living.add(session.guestName);
    } else this.#open.delete(session.guestName);
    const current = (await this.#parts.sessions.find(session.id)) ?? session;
    await this.#parts.book.told(current, state, lives, await this.#parts.logs.written(session));
    if (!lives) await this.#parts.logs.rest(session);
  }

  async #lose(session: Session, reason: string): Promise<void> {
    this.#open.delete(session.guestName);
    await this.#parts.book.lose(session, reason, await this.#parts.logs.written(session));
    await this.#parts.logs.rest(session);
  }

  /** Whether what was said of it may have been so before it was begun: one that is being started has no record yet. */
  #mayBeOld(guestName: string): boolean {
    return this.#expected.has(guestName) || this.#begun.has(guestName);
  }

  async #sessionOf(name: string): Promise<Session | undefined> {
    const ingest = this.#ingests.get(name);
    if (ingest !== undefined) return ingest.session;
    return (await this.#parts.sessions.list(this.#vm.id)).find(({ guestName }) => guestName === name);
  }

  async #ingest(session: Session): Promise<SessionIngest> {
    let ingest = this.#ingests.get(session.guestName);
    if (ingest === undefined) {
      ingest = new SessionIngest(session, await this.#parts.logs.open(session));
      this.#ingests.set(session.guestName, ingest);
    }
    return ingest;
  }
}
