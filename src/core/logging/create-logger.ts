import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { currentRef } from './ref.js';

export interface LoggerOptions {
  /** `trace` … `fatal`, or `silent` */
  readonly level: string;
  /** a file path, opened for append with mode 0600, or a stream; standard output when left out */
  readonly destination?: string | DestinationStream;
  /** members of every line, such as the process's role */
  readonly base?: Readonly<Record<string, unknown>>;
}

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
    openDestination(options.destination),
  );
}

function refMember(): object {
  const ref = currentRef();
  return ref === undefined ? {} : { ref };
}

/** Lines kept for a disk that takes none now, written when it does again; further ones are lost. `bytes` */
const MAX_UNWRITTEN_BYTES = 256 * 1024;

function openDestination(destination: string | DestinationStream | undefined): DestinationStream {
  if (typeof destination === 'object') return destination;
  const stream = pino.destination({
    dest: destination ?? 1,
    sync: true,
    mkdir: true,
    mode: 0o600,
    maxLength: MAX_UNWRITTEN_BYTES,
  });
  // A disk that is full, or fails, costs lines of the log; without a listener it would end the daemon.
  stream.on('error', () => undefined);
  return stream;
}
