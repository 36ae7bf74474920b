import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { Config } from '../../../src/core/config/index.js';
import type { ConfigValues } from '../../../src/core/config/index.js';
import { Database, DatabaseModule, openDatabase } from '../../../src/core/database/index.js';
import { createLogger, LoggingModule } from '../../../src/core/logging/index.js';
import { Ledger, OperationRunner, OperationsModule } from '../../../src/core/operations/index.js';
import { scratchDirectory, web } from './support.js';

it('is put together by Nest, and closes the database after what runs is undone and recorded', async () => {
  const config = new Config({ stateDirectory: scratchDirectory() } as ConfigValues);
  @Global()
  @Module({ providers: [{ provide: Config, useValue: config }], exports: [Config] })
  class ConfigModule {}
  const logging = LoggingModule.forLogger(createLogger({ level: 'silent' }));
  const imports = [OperationsModule, ConfigModule, logging, DatabaseModule];
  const module = await Test.createTestingModule({ imports }).compile();
  await module.init();
  const key = join(config.values.stateDirectory, 'made');
  const ledger = module.get(Ledger);
  ledger.registerUndo('directory', () => Promise.resolve());
  const made = Promise.withResolvers<void>();
  const { view } = await module.get(OperationRunner).begin({
    kind: 'vm.create',
    subject: web,
    body: async ({ signal, rollback }) => {
      await ledger.make({ kind: 'directory', key, owner: web }, () => Promise.resolve());
      rollback.add('directory', () => ledger.release('directory', key));
      made.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      signal.throwIfAborted();
    },
  });
  await made.promise;
  await module.close();
  await expect(module.get(Database).client.operation.count()).rejects.toThrow();

  const { client, close } = await openDatabase({ file: config.databasePath }).then((database) => ({
    client: database.client,
    close: () => database.close(),
  }));
  expect(await client.operation.findUnique({ where: { id: view.id } })).toMatchObject({ state: 'cancelled' });
  expect(await client.ledgerEntry.count()).toBe(0);
  await close();
});
