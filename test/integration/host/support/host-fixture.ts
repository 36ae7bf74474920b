import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { Config, ConfigModule, loadConfig } from '../../../../src/core/config/index.js';
import type { ConfigValues } from '../../../../src/core/config/index.js';
import { DatabaseModule } from '../../../../src/core/database/index.js';
import { createLogger, LoggingModule } from '../../../../src/core/logging/index.js';
import { Ledger, OperationsModule } from '../../../../src/core/operations/index.js';
import { ProcessModule } from '../../../../src/core/process/index.js';
import { DoctorModule, HostModule } from '../../../../src/host/index.js';

/** The host module with a real database, ledger and process runner, in a directory of its own. */
export interface HostFixture {
  readonly directory: string;
  readonly config: Config;
  readonly ledger: Ledger;
  readonly module: TestingModule;
  close(): Promise<void>;
}

export async function openHost(overrides: Partial<ConfigValues> = {}): Promise<HostFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'bgr-host-'));
  await chmod(directory, 0o711);
  const config = await configIn(directory, overrides);
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule.forConfig(config),
      LoggingModule.forLogger(createLogger({ level: 'silent' })),
      DatabaseModule,
      ProcessModule,
      OperationsModule,
      HostModule,
    ],
  }).compile();
  await module.init();
  return {
    directory,
    config,
    ledger: module.get(Ledger),
    module,
    close: async () => {
      await module.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Doctor as a program without a daemon would use it: nothing but the configuration. */
export function openDoctor(config: Config): Promise<TestingModule> {
  return Test.createTestingModule({
    imports: [ConfigModule.forConfig(config), ProcessModule, DoctorModule.register()],
  }).compile();
}

export async function configIn(directory: string, overrides: Partial<ConfigValues> = {}): Promise<Config> {
  const env = {
    BANGER_STATE_DIR: join(directory, 'state'),
    BANGER_RUNTIME_DIR: join(directory, 'run'),
    BANGER_CONFIG: '/dev/null',
  };
  return new Config({ ...(await loadConfig(env)).values, ...overrides });
}
