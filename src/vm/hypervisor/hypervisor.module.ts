import { Module } from '@nestjs/common';
import { Hypervisor } from './hypervisor.js';
import { QemuHypervisor } from './qemu/qemu-hypervisor.js';

/** The hypervisor of this host. Needs `ProcessModule`. */
@Module({
  providers: [{ provide: Hypervisor, useClass: QemuHypervisor }],
  exports: [Hypervisor],
})
export class HypervisorModule {}
