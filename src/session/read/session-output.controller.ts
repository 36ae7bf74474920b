import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { AttachService } from '../attach/attach.service.js';
import { SessionFinder } from '../session-finder.js';
import { SessionViews } from '../session-views.js';
import { SessionOutput } from './session-output.js';

/** What sessions write, over RPC: to read, or to sit in front of. */
@Controller()
export class SessionOutputController {
  constructor(
    private readonly output: SessionOutput,
    private readonly attaching: AttachService,
    private readonly sessions: SessionFinder,
    private readonly views: SessionViews,
  ) {}

  @Rpc('session.logs')
  async logs(params: ParamsOf<'session.logs'>): Promise<ResultOf<'session.logs'>> {
    return this.output.grant(await this.sessions.require(params.session), params);
  }

  @Rpc('session.attach.begin')
  async attach(params: ParamsOf<'session.attach.begin'>): Promise<ResultOf<'session.attach.begin'>> {
    const session = await this.sessions.require(params.session);
    const grant = await this.attaching.grant(session, params);
    return Object.assign(grant, { session: await this.views.of(session) });
  }
}
