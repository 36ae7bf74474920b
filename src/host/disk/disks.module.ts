import { Module } from '@nestjs/common';
import { HostFactsModule } from '../facts/host-facts.module.js';
import { DISK_BACKENDS } from './disk-backend.js';
import type { DiskBackend } from './disk-backend.js';
import { DiskBackends } from './disk-backends.js';
import { DiskFlattener } from './flatten-disk.adapter.js';
import { Qcow2Disk } from './qcow2-disk.adapter.js';
import { QemuImg } from './qemu-img.js';
import { ReflinkDisk } from './reflink-disk.adapter.js';
import { SparseCopyDisk } from './sparse-copy-disk.adapter.js';

const ALL = [ReflinkDisk, Qcow2Disk, SparseCopyDisk];

/** Needs Config and ProcessRunner from global modules. */
@Module({
  imports: [HostFactsModule],
  providers: [
    ...ALL,
    QemuImg,
    DiskBackends,
    DiskFlattener,
    { provide: DISK_BACKENDS, useFactory: (...all: DiskBackend[]) => all, inject: ALL },
  ],
  exports: [DiskBackends, DiskFlattener],
})
export class DisksModule {}
