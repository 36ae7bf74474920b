import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/**
 * Lets Nest write into pino. What Nest itself has to say while it boots (`log`) is of interest to debugging alone;
 * its warnings and errors keep their level.
 */
export class NestLogger implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.#write('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.#write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#write('fatal', message, rest);
  }

  /** Nest passes its context (a class name) last; `error` may have a stack before it. */
  #write(level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal', message: unknown, rest: unknown[]): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const stack = rest.find((part) => typeof part === 'string' && part.includes('\n    at '));
    const members = { ...(context !== stack && { context }), ...(stack !== undefined && { stack }) };
    if (message instanceof Error) this.#logger[level]({ ...members, err: message }, message.message);
    else if (typeof message === 'string') this.#logger[level](members, message);
    else this.#logger[level]({ ...members, value: message }, 'message of the framework');
  }
}
