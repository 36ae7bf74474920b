import { Module } from '@nestjs/common';
import type { DynamicModule, ModuleMetadata, Type } from '@nestjs/common';
import { DisksModule } from '../disk/disks.module.js';
import { HostFactsModule } from '../facts/host-facts.module.js';
import { AptSourcesCheck } from './checks/apt-sources.check.js';
import { DirectoriesCheck } from './checks/directories.check.js';
import { DiskBackendCheck } from './checks/disk-backend.check.js';
import { KvmDeviceCheck } from './checks/kvm-device.check.js';
import { PlatformCheck } from './checks/platform.check.js';
import { ProgramsCheck } from './checks/programs.check.js';
import { ResourcesCheck } from './checks/resources.check.js';
import { SocketPathCheck } from './checks/socket-path.check.js';
import { UserNamespacesCheck } from './checks/user-namespaces.check.js';
import { DOCTOR_CHECKS } from './doctor-check.js';
import type { DoctorCheck } from './doctor-check.js';
import { DoctorService } from './doctor.service.js';
import { HostProbe } from './host-probe.js';
import { LinuxHostProbe } from './host-probe.adapter.js';

const BUILTIN: readonly Type<DoctorCheck>[] = [
  PlatformCheck,
  ProgramsCheck,
  KvmDeviceCheck,
  ResourcesCheck,
  DirectoriesCheck,
  DiskBackendCheck,
  SocketPathCheck,
  AptSourcesCheck,
  UserNamespacesCheck,
];

/** Needs only Config and ProcessRunner; runs without a daemon, a ledger or a database. */
@Module({})
export class DoctorModule {
  /**
   * @param options.checks those of higher modules, shown after the built-in ones
   * @param options.imports modules that export what those checks inject
   */
  static register(
    options: { checks?: readonly Type<DoctorCheck>[]; imports?: NonNullable<ModuleMetadata['imports']> } = {},
  ): DynamicModule {
    const checks = [...BUILTIN, ...(options.checks ?? [])];
    return {
      module: DoctorModule,
      imports: [DisksModule, HostFactsModule, ...(options.imports ?? [])],
      providers: [
        { provide: HostProbe, useClass: LinuxHostProbe },
        ...checks,
        { provide: DOCTOR_CHECKS, useFactory: (...all: DoctorCheck[]) => all, inject: [...checks] },
        DoctorService,
      ],
      exports: [DoctorService, HostProbe],
    };
  }
}
