import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ClockModule } from '../core/clock/index.js';
import { ConfigModule } from '../core/config/index.js';
import type { Config } from '../core/config/index.js';
import { DatabaseModule } from '../core/database/index.js';
import { JobsModule } from '../core/jobs/index.js';
import { LoggingModule } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import { OperationsModule } from '../core/operations/index.js';
import { ProcessModule } from '../core/process/index.js';
import { RpcModule } from '../core/rpc/index.js';
import { SshModule } from '../core/ssh/index.js';
import { HostModule } from '../host/index.js';
import { ImageModule } from '../image/index.js';
import { VmModule } from '../vm/index.js';
import { WorkspaceModule } from '../workspace/index.js';
import { DaemonLifetime } from './daemon-lifetime.js';
import { DatabaseUpkeep } from './database-upkeep.js';
import { OperationController } from './operation.controller.js';
import { ALL_CHECKS } from './doctor.js';
import { IdleMemory } from './idle-memory.js';
import { Reconciler } from './reconciler.js';
import { SystemController } from './system.controller.js';

/** The composition root: which parts the daemon is made of. */
@Module({})
export class DaemonModule {
  static forDaemon(config: Config, logger: Logger): DynamicModule {
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
        ProcessModule,
        OperationsModule,
        RpcModule,
        SshModule,
        HostModule,
        ALL_CHECKS,
        ImageModule,
        WorkspaceModule,
        VmModule,
      ],
      controllers: [OperationController, SystemController],
      providers: [DaemonLifetime, DatabaseUpkeep, IdleMemory, Reconciler],
    };
  }
}
