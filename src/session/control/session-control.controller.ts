import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import type { RpcContext } from '../../core/rpc/index.js';
import { SessionFinder } from '../session-finder.js';
import { SessionViews } from '../session-views.js';
import { SessionEnds } from './session-ends.js';
import { SessionInput } from './session-input.js';

/** What is done to sessions, over RPC. */
@Controller()
export class SessionControlController {
  constructor(
    private readonly ends: SessionEnds,
    private readonly input: SessionInput,
    private readonly sessions: SessionFinder,
    private readonly views: SessionViews,
  ) {}

  @Rpc('session.send')
  async send({ session, close }: ParamsOf<'session.send'>): Promise<ResultOf<'session.send'>> {
    return this.input.grant(await this.sessions.require(session), close ?? false);
  }

  @Rpc('session.signal')
  async signal({ session, signal }: ParamsOf<'session.signal'>): Promise<ResultOf<'session.signal'>> {
    return this.views.of(await this.ends.signal(await this.sessions.require(session), signal));
  }

  @Rpc('session.stop')
  async stop(
    { session, timeoutSeconds }: ParamsOf<'session.stop'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'session.stop'>> {
    return this.views.of(await this.ends.stop(await this.sessions.require(session), timeoutSeconds, signal));
  }

  @Rpc('session.kill')
  async kill(
    { session }: ParamsOf<'session.kill'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'session.kill'>> {
    return this.views.of(await this.ends.kill(await this.sessions.require(session), signal));
  }

  @Rpc('session.delete')
  async delete(
    { session, force }: ParamsOf<'session.delete'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'session.delete'>> {
    const found = await this.sessions.require(session);
    return this.views.of(await this.ends.delete(found, force ?? false, signal));
  }
}
