import { Injectable } from '@nestjs/common';
import type { SessionOnExit, SessionState } from '../contract/index.js';
import { Database, isUniqueViolation } from '../core/database/index.js';
import type { Prisma } from '../core/database/index.js';
import { SessionAmbiguousError, SessionNameTakenError, SessionNotFoundError } from './session.errors.js';
import type { Session } from './session.types.js';

const WITH_VM = { include: { vm: { select: { name: true } } } } as const;
type Row = Prisma.SessionGetPayload<typeof WITH_VM>;

export type NewSession = Pick<
  Session,
  | 'id'
  | 'vmId'
  | 'vmName'
  | 'guestName'
  | 'name'
  | 'command'
  | 'cwd'
  | 'terminal'
  | 'stdin'
  | 'timeoutSeconds'
  | 'onExit'
  | 'state'
  | 'createdAt'
>;

/** What may change. `null` clears. */
export interface SessionChanges {
  readonly state?: SessionState;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly timedOut?: boolean;
  readonly reason?: string | null;
  readonly endedAt?: Date | null;
  readonly exitHandled?: boolean;
  readonly stdoutBytes?: number;
  readonly stderrBytes?: number;
  readonly droppedBytes?: number;
}

/** State of one that is deleted, but not in its guest, which is down. Nobody sees it; it goes when the guest runs again. */
const BURIED = 'buried';
const SEEN = { state: { not: BURIED } } as const;

/** Sessions in the database. */
@Injectable()
export class SessionRepository {
  constructor(private readonly database: Database) {}

  /** @throws SessionNameTakenError */
  async insert({ vmName, ...session }: NewSession): Promise<Session> {
    try {
      const { name = null, timeoutSeconds = null, onExit = null, command, ...rest } = session;
      const row = await this.#table.create({
        data: { ...rest, name, timeoutSeconds, onExit, command: [...command] },
        ...WITH_VM,
      });
      return toSession(row);
    } catch (error) {
      throw isUniqueViolation(error) && session.name !== undefined
        ? new SessionNameTakenError(vmName, session.name)
        : error;
    }
  }

  /** Oldest first. */
  async list(vmId?: string): Promise<Session[]> {
    const rows = await this.#table.findMany({
      where: { ...SEEN, ...(vmId !== undefined && { vmId }) },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      ...WITH_VM,
    });
    return rows.map(toSession);
  }

  async find(id: string): Promise<Session | undefined> {
    const row = await this.#table.findFirst({ where: { id, ...SEEN }, ...WITH_VM });
    return row === null ? undefined : toSession(row);
  }

  /** Whether there is one of this id, seen or not. */
  async isTaken(id: string): Promise<boolean> {
    return (await this.#table.count({ where: { id } })) > 0;
  }

  /** By id, name, `VM/NAME`, or a prefix of an id that only one has. @throws SessionNotFoundError, SessionAmbiguousError */
  async require(ref: string): Promise<Session> {
    const [vm, name] = ref.includes('/') ? ref.split('/', 2) : [undefined, ref];
    const named = await this.#table.findMany({
      where:
        vm === undefined
          ? { ...SEEN, OR: [{ id: ref }, { name: ref }] }
          : {
              ...SEEN,
              OR: [{ name: name ?? '' }, { id: name ?? '' }],
              vm: { OR: [{ name: vm }, { id: vm }] },
            },
      take: 10,
      ...WITH_VM,
    });
    const matches =
      named.length > 0 || vm !== undefined
        ? named
        : await this.#table.findMany({ where: { ...SEEN, id: { startsWith: ref } }, take: 10, ...WITH_VM });
    const [only] = matches;
    if (only === undefined) throw new SessionNotFoundError(ref);
    if (matches.length > 1)
      throw new SessionAmbiguousError(
        ref,
        matches.map((row) => (row.name === null ? row.id : `${row.vm.name}/${row.name}`)),
      );
    return toSession(only);
  }

  /** Undefined when it is gone, which is no failure: with its VM, say. */
  async update(id: string, changes: SessionChanges): Promise<Session | undefined> {
    const { count } = await this.#table.updateMany({ where: { id }, data: changes });
    return count === 0 ? undefined : this.find(id);
  }

  /** One that is gone already is success. */
  async remove(id: string): Promise<void> {
    await this.#table.deleteMany({ where: { id } });
  }

  /** For all but its guest it is gone. */
  async bury(id: string): Promise<void> {
    await this.#table.updateMany({ where: { id }, data: { state: BURIED, name: null } });
  }

  /** Those that their guest still has to be rid of. */
  async buried(vmId: string): Promise<{ id: string; guestName: string }[]> {
    return this.#table.findMany({ where: { vmId, state: BURIED }, select: { id: true, guestName: true } });
  }

  get #table(): Database['client']['session'] {
    return this.database.client.session;
  }
}

/** The one place where rows, which only this file writes, become domain types. */
function toSession(row: Row): Session {
  return {
    id: row.id,
    vmId: row.vmId,
    vmName: row.vm.name,
    guestName: row.guestName,
    name: row.name ?? undefined,
    command: row.command as string[],
    cwd: row.cwd,
    terminal: row.terminal,
    stdin: row.stdin,
    timeoutSeconds: row.timeoutSeconds ?? undefined,
    onExit: (row.onExit ?? undefined) as SessionOnExit | undefined,
    exitHandled: row.exitHandled,
    state: row.state as SessionState,
    exitCode: row.exitCode ?? undefined,
    signal: row.signal ?? undefined,
    timedOut: row.timedOut,
    reason: row.reason ?? undefined,
    stdoutBytes: Number(row.stdoutBytes),
    stderrBytes: Number(row.stderrBytes),
    droppedBytes: Number(row.droppedBytes),
    createdAt: row.createdAt,
    endedAt: row.endedAt ?? undefined,
  };
}
