import { Global, Inject, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/index.js';
import { Database } from './database.js';
import { openDatabase } from './open-database.js';

/** Gives everybody the `Database`, opened and up to date. Needs a provider of `Config` in a global module. */
@Global()
@Module({
  providers: [
    {
      provide: Database,
      useFactory: (config: Config) => openDatabase({ file: config.databasePath }),
      inject: [Config],
    },
  ],
  exports: [Database],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The last of the shutdown hooks, since others still write in theirs. */
  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
