import type { ErrorData, ErrorDetails, ErrorKind } from '../../contract/errors.js';
import { BangerError } from '../errors/index.js';

/** A failure that the daemon reported. `kind` tells which; the classes of the daemon do not exist on this side. */
export class RpcFailure<K extends ErrorKind = ErrorKind> extends BangerError<K> {
  /** correlation id, found again in the daemon's log */
  readonly ref: string | undefined;

  constructor(message: string, data: ErrorData<K>) {
    super(data.kind, message, { details: data.details, why: data.why, fix: data.fix });
    this.ref = data.ref;
  }

  override toData(ref: string | undefined = this.ref): ErrorData<K> {
    return super.toData(ref);
  }
}

export class DaemonUnreachableError extends BangerError<'DAEMON_UNREACHABLE'> {
  constructor(socket: string, why: string, cause?: unknown) {
    super('DAEMON_UNREACHABLE', `no daemon answers on ${socket}`, {
      details: { socket },
      why,
      fix: 'start it with `banger daemon start`, or name the right socket with --socket',
      cause,
    });
  }
}

export class SocketForbiddenError extends BangerError<'SOCKET_FORBIDDEN'> {
  constructor(socket: string, cause?: unknown) {
    super('SOCKET_FORBIDDEN', `not allowed to use the socket ${socket}`, {
      details: { socket },
      why: 'the daemon runs as another user, and the socket is open to that user and the group banger only',
      fix: 'join the group with `sudo usermod -aG banger $USER` and log in again, or run the command with sudo',
      cause,
    });
  }
}

export class ConnectionLostError extends BangerError<'CONNECTION_LOST'> {
  constructor(socket: string, why?: string) {
    super('CONNECTION_LOST', `the connection to the daemon on ${socket} was lost`, {
      details: { socket },
      why: why ?? 'the daemon ended or was restarted',
      fix: 'repeat the command; `banger daemon logs` says what happened',
    });
  }
}

export class DaemonAlreadyRunningError extends BangerError<'DAEMON_ALREADY_RUNNING'> {
  /** @param pid 0 when it did not say */
  constructor(socket: string, pid: number) {
    super(
      'DAEMON_ALREADY_RUNNING',
      `a daemon${pid === 0 ? '' : ` (pid ${pid})`} already answers on ${socket}`,
      {
        details: { pid, socket },
        fix: 'use it, or stop it first with `banger daemon stop`',
      },
    );
  }
}

export class LimitExceededError extends BangerError<'LIMIT_EXCEEDED'> {
  constructor(limit: string, max: number, fix?: string) {
    super('LIMIT_EXCEEDED', `more than the allowed ${max} (${limit})`, { details: { limit, max }, fix });
  }
}

export class RequestMalformedError extends BangerError<'REQUEST_MALFORMED'> {
  constructor(reason: string) {
    super('REQUEST_MALFORMED', `the message is not a JSON-RPC 2.0 request: ${reason}`, {
      details: { reason },
    });
  }
}

export class MethodNotFoundError extends BangerError<'METHOD_NOT_FOUND'> {
  constructor(method: string) {
    const shown = method.length > 100 ? `${method.slice(0, 100)}…` : method;
    super('METHOD_NOT_FOUND', `there is no method ${shown}`, {
      details: { method: shown },
      why: 'the client may be newer than the daemon',
      fix: 'ask `rpc.discover` for the methods; restart the daemon after an upgrade',
    });
  }
}

export class ParamsInvalidError extends BangerError<'PARAMS_INVALID'> {
  constructor(method: string, issues: ErrorDetails['PARAMS_INVALID']['issues']) {
    const first = issues[0]?.message ?? 'they do not fit';
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    super('PARAMS_INVALID', `the parameters of ${method} are invalid: ${first}${more}`, {
      details: { issues },
    });
  }
}

export class ChannelTokenInvalidError extends BangerError<'CHANNEL_TOKEN_INVALID'> {
  constructor() {
    super('CHANNEL_TOKEN_INVALID', 'the token opens no byte channel', {
      details: {},
      why: 'a token is good for one connection, within 30 seconds',
      fix: 'repeat the request that grants the channel',
    });
  }
}

export class ChannelProtocolError extends BangerError<'REQUEST_MALFORMED'> {
  constructor(reason: string) {
    super('REQUEST_MALFORMED', `the byte channel broke its protocol: ${reason}`, { details: { reason } });
  }
}
