import { Module } from '@nestjs/common';
import { VmEvents } from './vm-events.js';
import { VmRepository } from './vm.repository.js';

/** What is written down of VMs, and who is told of it. Needs the Database. */
@Module({ providers: [VmEvents, VmRepository], exports: [VmEvents, VmRepository] })
export class VmBooksModule {}
