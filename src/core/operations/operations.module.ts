import { Global, Module } from '@nestjs/common';
import { DurableLedger } from './durable-ledger.js';
import { DurableOperationRunner } from './durable-operation-runner.js';
import { Ledger } from './ledger.js';
import { OperationRunner } from './operation-runner.js';
import { OperationStore } from './operation-store.js';

/** Gives everybody the `OperationRunner` and the `Ledger`. Needs DatabaseModule and LoggingModule. */
@Global()
@Module({
  providers: [
    OperationStore,
    { provide: OperationRunner, useClass: DurableOperationRunner },
    { provide: Ledger, useClass: DurableLedger },
  ],
  exports: [OperationRunner, Ledger],
})
export class OperationsModule {}
