import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ClockModule } from '../core/clock/index.js';
import { Config, ConfigModule } from '../core/config/index.js';
import { BookReaderModule, DatabaseModule } from '../core/database/index.js';
import { JobsModule } from '../core/jobs/index.js';
import { LogFile, LOGGER, LoggingModule } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import { OperationsModule } from '../core/operations/index.js';
import { ProcessModule } from '../core/process/index.js';
import { ByteChannels, JsonRpcServer, RpcModule } from '../core/rpc/index.js';
import { SshModule } from '../core/ssh/index.js';
import { HostModule } from '../host/index.js';
import { ImageModule } from '../image/index.js';
import { SessionModule } from '../session/index.js';
import { VmModule } from '../vm/index.js';
import { WorkspaceModule } from '../workspace/index.js';
import { DaemonLifetime } from './daemon-lifetime.js';
import { DatabaseUpkeep } from './database-upkeep.js';
import { OperationController } from './operation.controller.js';
import { CHECKS_OF_DAEMON } from './doctor.js';
import { IdleMemory } from './idle-memory.js';
import { LogUpkeep } from './log-upkeep.js';
import { Reconciler } from './reconciler.js';
import { ModulesAtStart } from './modules-at-start.js';
import { BooksRepair } from './books-repair.js';
import { RepairService } from './repair.service.js';
import { RuntimeRepair } from './runtime-repair.js';
import { SocketKeeper } from './socket-keeper.js';
import { SystemController } from './system.controller.js';

/** Group whose members may use the daemon of the root user, where the group exists. */
const SOCKET_GROUP = 'banger';

const RPC_SERVER = {
  provide: JsonRpcServer,
  inject: [ByteChannels, Config, LOGGER],
  useFactory: (channels: ByteChannels, config: Config, logger: Logger): JsonRpcServer =>
    new JsonRpcServer({
      socketPath: config.socketPath,
      ...(config.values.mode === 'root' && { socketGroup: SOCKET_GROUP }),
      channels,
      logger,
    }),
};

/** The composition root: which parts the daemon is made of. */
@Module({})
export class DaemonModule {
  static forDaemon(config: Config, logger: Logger, logFile: LogFile): DynamicModule {
    return {
      module: DaemonModule,
      imports: [
        ConfigModule.forConfig(config),
        LoggingModule.forLogger(logger),
        // Jobs are @Interval methods; `Jobs` keeps them from overlapping themselves and ends their errors.
        ScheduleModule.forRoot({ cronJobs: false }),
        ClockModule,
        JobsModule,
        DatabaseModule,
        BookReaderModule,
        ProcessModule,
        OperationsModule,
        RpcModule,
        SshModule,
        HostModule,
        ImageModule,
        WorkspaceModule,
        VmModule,
        SessionModule,
        CHECKS_OF_DAEMON,
      ],
      controllers: [OperationController, SystemController],
      providers: [
        DaemonLifetime,
        DatabaseUpkeep,
        IdleMemory,
        { provide: LogFile, useValue: logFile },
        LogUpkeep,
        ModulesAtStart,
        Reconciler,
        BooksRepair,
        RepairService,
        RuntimeRepair,
        RPC_SERVER,
        SocketKeeper,
      ],
    };
  }
}
