import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig } from '../core/config/index.js';
import type { Config } from '../core/config/index.js';
import { ProcessModule } from '../core/process/index.js';
import { DoctorModule, DoctorService } from '../host/index.js';
import { AcceleratorCheck, HypervisorModule } from '../vm/index.js';

/** Every check there is; the higher modules' own are named here, in the composition root. */
export const ALL_CHECKS = DoctorModule.register({ checks: [AcceleratorCheck], imports: [HypervisorModule] });

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
    return { module: DoctorAppModule, imports: [ConfigModule.forConfig(config), ProcessModule, ALL_CHECKS] };
  }
}
