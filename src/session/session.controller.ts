import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { Rpc } from '../core/rpc/index.js';
import type { RpcContext } from '../core/rpc/index.js';
import { VmRepository, Waking } from '../vm/index.js';
import { SessionStarts } from './control/session-starts.js';
import { SessionBook } from './session-book.js';
import { SessionNotFoundError } from './session.errors.js';
import { SessionFinder } from './session-finder.js';
import { SessionViews } from './session-views.js';

/** Which sessions there are, over RPC. */
@Controller()
export class SessionController {
  constructor(
    private readonly starts: SessionStarts,
    private readonly book: SessionBook,
    private readonly sessions: SessionFinder,
    private readonly views: SessionViews,
    private readonly vms: VmRepository,
    private readonly waking: Waking,
  ) {}

  @Rpc('session.start')
  async start(params: ParamsOf<'session.start'>, { ref }: RpcContext): Promise<ResultOf<'session.start'>> {
    return this.views.of(await this.starts.start(await this.waking.awake(params.vm), params, ref));
  }

  @Rpc('session.list')
  async list({ vm }: ParamsOf<'session.list'>): Promise<ResultOf<'session.list'>> {
    const vmId = vm === undefined ? undefined : (await this.vms.require(vm)).id;
    return Promise.all((await this.sessions.list(vmId)).map((session) => this.views.of(session)));
  }

  @Rpc('session.get')
  async get({ session }: ParamsOf<'session.get'>): Promise<ResultOf<'session.get'>> {
    return this.views.of(await this.sessions.require(session));
  }

  @Rpc('session.wait')
  async wait({ session }: ParamsOf<'session.wait'>, context: RpcContext): Promise<ResultOf<'session.wait'>> {
    const ended = await this.book.ended((await this.sessions.require(session)).id, context.signal);
    if (ended === undefined) throw new SessionNotFoundError(session);
    return this.views.of(ended);
  }
}
