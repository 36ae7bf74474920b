import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { pino } from 'pino';
import { ClockModule } from '../../../src/core/clock/index.js';
import type { ImageBuildParams, OperationView } from '../../../src/contract/index.js';
import { Config, ConfigModule, loadConfig } from '../../../src/core/config/index.js';
import { Database, DatabaseModule } from '../../../src/core/database/index.js';
import { LoggingModule } from '../../../src/core/logging/index.js';
import { Ledger, OperationRunner, OperationsModule } from '../../../src/core/operations/index.js';
import { ProcessModule } from '../../../src/core/process/index.js';
import { RpcModule } from '../../../src/core/rpc/index.js';
import { HostDirectories } from '../../../src/host/index.js';
import { ImageBuilder } from '../../../src/image/build/image-builder.js';
import { BuildHost } from '../../../src/image/build/build-host.js';
import { PATIENCE } from '../../../src/image/download/patience.js';
import type { Patience } from '../../../src/image/download/patience.js';
import { ImageModule, ImageService } from '../../../src/image/index.js';

/** The image module with the real database, ledger, operations and programs, in directories of its own. */
export class ImageHost {
  private constructor(
    readonly directory: string,
    readonly app: TestingModule,
  ) {}

  static async open(
    options: { buildHost?: BuildHost; directory?: string; patience?: Patience; config?: string } = {},
  ): Promise<ImageHost> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'bgr-image-')));
    await chmod(directory, 0o711);
    const configFile = join(directory, 'config.toml');
    await writeFile(configFile, options.config ?? '');
    const config = await loadConfig({
      BANGER_STATE_DIR: join(directory, 'state'),
      BANGER_RUNTIME_DIR: join(directory, 'run'),
      BANGER_CONFIG: configFile,
      HOME: directory,
    });
    const builder = Test.createTestingModule({
      imports: [
        ConfigModule.forConfig(config),
        LoggingModule.forLogger(pino({ enabled: false })),
        ClockModule,
        DatabaseModule,
        ProcessModule,
        OperationsModule,
        ClockModule,
        RpcModule,
        ImageModule,
      ],
    });
    if (options.buildHost !== undefined) builder.overrideProvider(BuildHost).useValue(options.buildHost);
    if (options.patience !== undefined) builder.overrideProvider(PATIENCE).useValue(options.patience);
    const app = await builder.compile();
    await app.init();
    await app.get(HostDirectories, { strict: false }).prepareRoots();
    return new ImageHost(directory, app);
  }

  get builder(): ImageBuilder {
    return this.app.get(ImageBuilder, { strict: false });
  }
  get images(): ImageService {
    return this.app.get(ImageService, { strict: false });
  }
  get operations(): OperationRunner {
    return this.app.get(OperationRunner, { strict: false });
  }
  get ledger(): Ledger {
    return this.app.get(Ledger, { strict: false });
  }
  get database(): Database {
    return this.app.get(Database, { strict: false });
  }
  get config(): Config {
    return this.app.get(Config, { strict: false });
  }

  /** Builds and follows to the end; the output lines as they came. */
  async build(params: ImageBuildParams = {}): Promise<{ view: OperationView; output: string[] }> {
    const { id } = await this.builder.begin(params);
    return this.follow(id);
  }

  async follow(id: string): Promise<{ view: OperationView; output: string[] }> {
    const output: string[] = [];
    const events = this.operations.watch(id, new AbortController().signal);
    for (;;) {
      const next = await events.next();
      if (next.done === true) return { view: next.value, output };
      if (next.value.output !== undefined) output.push(next.value.output);
    }
  }

  /** What is left in the directory of images, hidden names too. */
  async imageDirectory(): Promise<string[]> {
    return (await readdir(this.config.imagesDirectory)).toSorted();
  }

  async close(options: { keep?: boolean } = {}): Promise<void> {
    await this.app.close();
    if (options.keep !== true) await rm(this.directory, { recursive: true, force: true });
  }
}
