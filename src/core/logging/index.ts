export type { Logger } from 'pino';
export { createLogger } from './create-logger.js';
export type { LoggerOptions } from './create-logger.js';
export { LogFile } from './log-file.adapter.js';
export { LOGGER, LoggingModule } from './logging.module.js';
export { NestLogger } from './nest-logger.js';
export { currentRef, runWithRef } from './ref.js';
