import { Global, Module } from '@nestjs/common';
import { ProcMeter } from './process-meter.adapter.js';
import { ProcessMeter } from './process-meter.js';
import { NodeProcessRunner } from './process-runner.adapter.js';
import { ProcessRunner } from './process-runner.js';

@Global()
@Module({
  providers: [
    { provide: ProcessRunner, useClass: NodeProcessRunner },
    { provide: ProcessMeter, useClass: ProcMeter },
  ],
  exports: [ProcessRunner, ProcessMeter],
})
export class ProcessModule {}
