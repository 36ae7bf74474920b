import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClockModule } from '../core/clock/index.js';
import { ConfigModule, loadConfig } from '../core/config/index.js';
import type { Config } from '../core/config/index.js';
import { BookReaderModule } from '../core/database/index.js';
import { ProcessModule } from '../core/process/index.js';
import { DoctorModule, DoctorService } from '../host/index.js';
import { ImageDoctorModule, ImagesCheck } from '../image/index.js';
import {
  AcceleratorCheck,
  HypervisorModule,
  LeftoversCheck,
  NoHandsModule,
  VmInspectionModule,
  VmModule,
  VmsCheck,
} from '../vm/index.js';
import { DaemonCheck } from './doctor/daemon.check.js';
import { DaemonFilesModule } from './doctor/daemon-files.module.js';
import { DatabaseCheck } from './doctor/database.check.js';
import { OperationsCheck } from './doctor/operations.check.js';

/** Every check there is; the higher modules' own are named here, in the composition root. */
function checksWith(hands: typeof VmModule | typeof NoHandsModule): DynamicModule {
  return DoctorModule.register({
    checks: [
      AcceleratorCheck,
      DaemonCheck,
      DatabaseCheck,
      OperationsCheck,
      ImagesCheck,
      VmsCheck,
      LeftoversCheck,
    ],
    imports: [HypervisorModule, DaemonFilesModule, ImageDoctorModule, VmInspectionModule, hands],
  });
}

/** The checks of a daemon, which also know what is under way. */
export const CHECKS_OF_DAEMON = checksWith(VmModule);

/** The doctor without a daemon: for a host where none runs, or none can. */
export async function runDoctor(): Promise<void> {
  const config = await loadConfig();
  const app = await NestFactory.createApplicationContext(DoctorAppModule.forConfig(config), {
    logger: false,
  });
  const report = await app.get(DoctorService, { strict: false }).report();
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await app.close();
}

@Module({})
class DoctorAppModule {
  static forConfig(config: Config): DynamicModule {
    return {
      module: DoctorAppModule,
      imports: [
        ConfigModule.forConfig(config),
        ClockModule,
        ProcessModule,
        BookReaderModule,
        checksWith(NoHandsModule),
      ],
    };
  }
}
