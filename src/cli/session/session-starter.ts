import { Injectable } from '@nestjs/common';
import type { SessionStartParams, SessionView } from '../../contract/session.dto.js';
import type { RpcClient } from '../client/rpc.js';
import { BangerError, isKind } from '../../core/errors/index.js';
import { termName } from '../guest/term-name.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { refOf } from './render-session.js';

export interface StartRequest {
  readonly vm: string;
  readonly command: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** it gets a terminal of the size of ours */
  readonly tty: boolean;
  readonly more?: Pick<SessionStartParams, 'name' | 'stdin' | 'onExit'>;
}

/** Starts a session, and says how to get back to it. */
@Injectable()
export class SessionStarter {
  constructor(
    private readonly invocation: Invocation,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {}

  /** @throws what the daemon says; CONNECTION_LOST says how to see whether it has begun */
  async start(
    client: RpcClient,
    { vm, command, cwd, env, tty, ...request }: StartRequest,
  ): Promise<SessionView> {
    const { timeoutSeconds, more } = request;
    const started = client.call('session.start', {
      vm,
      command: [...command],
      ...(cwd !== undefined && { cwd }),
      ...(env !== undefined && { env: { ...env } }),
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      ...(tty && {
        terminal: { ...this.terminal.dimensions(), term: termName(this.invocation.facts.env['TERM']) },
      }),
      ...more,
    });
    const session = await started.catch((error: unknown) => {
      throw isKind(error, 'CONNECTION_LOST') ? mayHaveBegun(error, vm) : error;
    });
    this.presenter.result(session, () => `${session.id}\n`);
    const how = tty ? 'attach' : 'logs --follow';
    if (!this.presenter.json && this.terminal.stdoutIsTty)
      this.presenter.note(this.presenter.errStyle.dim(`banger vm session ${how} ${refOf(session)}`));
    return session;
  }
}

/** Repeated without a look, it would run twice. */
function mayHaveBegun({ message, details, why }: BangerError<'CONNECTION_LOST'>, vm: string): BangerError {
  return new BangerError('CONNECTION_LOST', message, {
    details,
    why,
    fix: `the session may have begun: see \`banger vm session list ${vm}\` before you repeat the command`,
  });
}
