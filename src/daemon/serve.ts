import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { loadConfig } from '../core/config/index.js';
import { Jobs } from '../core/jobs/index.js';
import { createLogger, LogFile, NestLogger } from '../core/logging/index.js';
import { OperationRunner } from '../core/operations/index.js';
import { JsonRpcServer } from '../core/rpc/index.js';
import { Machines } from '../vm/index.js';
import { DaemonLifetime } from './daemon-lifetime.js';
import { DaemonModule } from './daemon.module.js';
import { takeStateDirectory } from './single-instance.adapter.js';

/** Runs the daemon until somebody wants it to stop. VMs outlive it. */
export async function serve(): Promise<void> {
  const config = await loadConfig();
  const release = takeStateDirectory({
    lock: config.lockPath,
    socket: config.socketPath,
  });
  const logFile = new LogFile(config.logPath);
  // Here too: daemons that are started again and again, and never get as far as their jobs, say why each time.
  await logFile.keep().catch(() => undefined);
  const logger = createLogger({
    level: config.values.logLevel,
    destination: logFile.stream,
    base: { pid: process.pid },
  });
  const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(
    DaemonModule.forDaemon(config, logger, logFile),
    {
      useFactory: (strategy: JsonRpcServer) => ({ strategy }),
      inject: [JsonRpcServer],
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  const lifetime = app.get(DaemonLifetime);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => lifetime.requestStop(`got ${signal}`));
  }
  // Not app.init() before it: a microservice would then run every initialisation hook twice.
  await app.listen();
  logger.info({ socket: config.socketPath, state: config.values.stateDirectory }, 'ready');

  logger.info({ reason: await lifetime.stopRequested }, 'stopping; VMs go on');
  const jobsEnded = app.get(Jobs).close();
  // What is under way is undone first, while everything that the undo needs still works.
  await app.get(OperationRunner).close();
  await jobsEnded;
  app.get(Machines).detachAll();
  await app.close();
  release();
}
