import { Inject, Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { VmRepository, VmStopService } from '../../vm/index.js';
import { SessionBook } from '../session-book.js';
import { SessionRepository } from '../session.repository.js';
import { hasEnded } from '../session.types.js';
import type { Session } from '../session.types.js';
import { ExitNotices } from './exit-notices.js';

/** What is to happen when a session ends: once, also if no daemon was there at its end. */
@Injectable()
export class ExitActions {
  /** sessions whose action is under way */
  readonly #acting = new Set<string>();

  constructor(
    private readonly notices: ExitNotices,
    private readonly sessions: SessionRepository,
    private readonly stopping: VmStopService,
    private readonly vms: VmRepository,
    @Inject(LOGGER) private readonly logger: Logger,
    book: SessionBook,
  ) {
    book.onChange((session) => void this.#act(session));
  }

  /** For the start of a daemon. */
  async reconcile(): Promise<void> {
    for (const session of await this.sessions.list()) void this.#act(session);
  }

  async #act(session: Session): Promise<void> {
    if (session.onExit === undefined || session.exitHandled || !hasEnded(session)) return;
    if (this.#acting.has(session.id)) return;
    this.#acting.add(session.id);
    try {
      if (session.onExit === 'notify') await this.notices.run(session);
      else await this.#stopVm(session);
      // Afterwards: better told twice than never.
      await this.sessions.update(session.id, { exitHandled: true });
    } catch (error) {
      this.logger.error(
        { session: session.id, err: toBangerError(error) },
        'what was to happen at the end of a session failed',
      );
    } finally {
      this.#acting.delete(session.id);
    }
  }

  async #stopVm({ id, vmId }: Session): Promise<void> {
    const vm = await this.vms.find(vmId);
    if (vm?.state !== 'running') return;
    this.logger.info({ vm: vmId, session: id }, 'stopping the VM, as its session has ended');
    await this.stopping.stopBecause(vmId, 'session-ended', `its session ${id} has ended`);
  }
}
