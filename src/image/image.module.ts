import { Module } from '@nestjs/common';
import { HostModule } from '../host/index.js';
import { DiskBuildFiles } from './build/build-files.adapter.js';
import { BuildFiles } from './build/build-files.js';
import { LinuxBuildHost } from './build/build-host.adapter.js';
import { BuildHost } from './build/build-host.js';
import { BuildLeftovers } from './build/build-leftovers.js';
import { BuildPlanner } from './build/build-planner.js';
import { BuildPreflight } from './build/build-preflight.js';
import { BuildSites } from './build/build-sites.js';
import { ImageSteps } from './build/image-steps.js';
import { KernelStep } from './build/kernel-step.js';
import { PackageStep } from './build/package-step.js';
import { RootStep } from './build/root-step.js';
import { ImageBuilder } from './image-builder.js';
import { ImageLocks } from './image-locks.js';
import { ImageStore } from './image-store.js';
import { ImageController } from './image.controller.js';
import { ImageRegistration } from './image-registration.js';
import { ImageRepository } from './image.repository.js';
import { ImageService } from './image.service.js';

/** Images: built, kept, served. Needs Config, Database, Ledger, OperationRunner and ProcessRunner from global modules. */
@Module({
  imports: [HostModule],
  controllers: [ImageController],
  providers: [
    { provide: BuildFiles, useClass: DiskBuildFiles },
    { provide: BuildHost, useClass: LinuxBuildHost },
    BuildLeftovers,
    BuildPlanner,
    BuildPreflight,
    BuildSites,
    PackageStep,
    KernelStep,
    RootStep,
    ImageSteps,
    ImageBuilder,
    ImageLocks,
    ImageRepository,
    ImageStore,
    ImageRegistration,
    ImageService,
  ],
  exports: [ImageService, ImageLocks, ImageRegistration],
})
export class ImageModule {}
