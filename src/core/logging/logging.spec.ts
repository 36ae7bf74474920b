import { describe, expect, it } from 'vitest';
import { createLogger, currentRef, NestLogger, runWithRef } from './index.js';

function capture(level = 'trace'): {
  logger: ReturnType<typeof createLogger>;
  lines: () => Record<string, unknown>[];
} {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  const logger = createLogger({ level, destination, base: { role: 'test' } });
  return { logger, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('a log line', () => {
  it('has a level in words, an ISO time, the base and the message', () => {
    const { logger, lines } = capture();
    logger.info({ vm: 'web' }, 'started');
    expect(lines()).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), role: 'test', vm: 'web', msg: 'started' },
    ]);
  });

  it('carries the reference of the request it is written for, across awaits', async () => {
    const { logger, lines } = capture();
    await Promise.all(
      ['a', 'b'].map((ref) =>
        runWithRef(ref, async () => {
          await new Promise(setImmediate);
          logger.info(`under ${currentRef()}`);
        }),
      ),
    );
    logger.info('outside');
    expect(lines().map(({ ref, msg }) => [ref, msg])).toEqual([
      ['a', 'under a'],
      ['b', 'under b'],
      [undefined, 'outside'],
    ]);
  });

  it('never shows a secret', () => {
    const { logger, lines } = capture();
    logger.info(
      { token: 'S1', grant: { token: 'S2' }, a: { b: { privateKey: 'S3' } }, child: [{ password: 'S4' }] },
      'x',
    );
    expect(JSON.stringify(lines())).not.toMatch(/S\d/);
    expect(lines()[0]).toMatchObject({ token: '[redacted]', grant: { token: '[redacted]' } });
  });

  it('shows an error with its causes', () => {
    const { logger, lines } = capture();
    logger.error({ err: new Error('outer', { cause: new TypeError('inner') }) }, 'failed');
    expect(lines()[0]?.['err']).toMatchObject({
      message: 'outer',
      cause: { type: 'TypeError', message: 'inner' },
    });
  });
});

describe('Nest’s own messages', () => {
  it('are for debugging, but its warnings and errors are not', () => {
    const { logger, lines } = capture();
    const nest = new NestLogger(logger);
    nest.log('Starting Nest application...', 'NestFactory');
    nest.warn('careful', 'Injector');
    nest.error('broken', 'Error: broken\n    at somewhere', 'ExceptionHandler');
    nest.error(new TypeError('thrown'));
    nest.log({ some: 'object' });
    expect(lines()).toMatchObject([
      { level: 'debug', context: 'NestFactory', msg: 'Starting Nest application...' },
      { level: 'warn', context: 'Injector' },
      { level: 'error', context: 'ExceptionHandler', stack: expect.stringContaining('somewhere') },
      { level: 'error', msg: 'thrown', err: { type: 'TypeError' } },
      { level: 'debug', value: { some: 'object' } },
    ]);
  });

  it('are left out above the level', () => {
    const { logger, lines } = capture('info');
    new NestLogger(logger).log('Starting');
    expect(lines()).toEqual([]);
  });
});
