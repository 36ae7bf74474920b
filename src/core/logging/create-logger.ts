import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { openStream } from './log-file.adapter.js';
import { currentRef } from './ref.js';

export interface LoggerOptions {
  /** `trace` … `fatal`, or `silent` */
  readonly level: string;
  /** a {@link LogFile}'s stream, for one; standard output when left out */
  readonly destination?: DestinationStream;
  /** members of every line, such as the process's role */
  readonly base?: Readonly<Record<string, unknown>>;
}

const STANDARD_OUTPUT = 1;

/** Names whose values never reach the log, at the top of a line and up to two objects below it. */
const SECRET_NAMES = ['privateKey', 'token', 'password', 'secret', 'passphrase'];
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * JSON lines: `level` as a word, `time` ISO 8601, `ref` of the request that caused the line, `msg`.
 * Written synchronously, so that the lines before a crash are in the file.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: options.base ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: refMember,
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      serializers: { error: pino.stdSerializers.errWithCause, err: pino.stdSerializers.errWithCause },
    },
    options.destination ?? openStream(STANDARD_OUTPUT),
  );
}

function refMember(): object {
  const ref = currentRef();
  return ref === undefined ? {} : { ref };
}
