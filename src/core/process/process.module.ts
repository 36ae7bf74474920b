import { Global, Module } from '@nestjs/common';
import { NodeProcessRunner } from './process-runner.adapter.js';
import { ProcessRunner } from './process-runner.js';

@Global()
@Module({
  providers: [{ provide: ProcessRunner, useClass: NodeProcessRunner }],
  exports: [ProcessRunner],
})
export class ProcessModule {}
