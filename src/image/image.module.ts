import { Module } from '@nestjs/common';
import { HostModule } from '../host/index.js';
import { DiskImageFiles } from './store/image-files.adapter.js';
import { ImageFiles } from './store/image-files.js';
import { LinuxBuildHost } from './build/build-host.adapter.js';
import { BuildHost } from './build/build-host.js';
import { SiteLeftovers } from './store/site-leftovers.js';
import { BuildPlanner } from './build/build-planner.js';
import { BuildPreflight } from './build/build-preflight.js';
import { ImageSites } from './store/image-sites.js';
import { ImageSteps } from './build/image-steps.js';
import { Mmdebstrap } from './build/mmdebstrap.js';
import { ImageKernel } from './kernel/image-kernel.js';
import { InitramfsMaker } from './kernel/initramfs-maker.js';
import { KernelStore } from './kernel/kernel-store.js';
import { KernelUnpacker } from './kernel/kernel-unpacker.js';
import { KernelRepository } from './kernel/kernel.repository.js';
import { KernelController } from './kernel/kernel.controller.js';
import { KernelPuller } from './kernel/kernel-puller.js';
import { KernelService } from './kernel/kernel.service.js';
import { PackageStep } from './build/package-step.js';
import { RootStep } from './build/root-step.js';
import { DiskCleaner } from './filesystem/disk-cleaner.js';
import { Ext4 } from './filesystem/ext4.js';
import { Workbench } from './filesystem/workbench.js';
import { MachineFiles } from './machine/machine-files.js';
import { MachineImage } from './machine/machine-image.js';
import { MachineImages } from './machine/machine-images.js';
import { EmptySeed } from './seed/empty-seed.js';
import { SeedFiles } from './seed/seed-files.js';
import { SeedKey } from './seed/seed-key.js';
import { SeedRenewal } from './seed/seed-renewal.js';
import { ImageBuilder } from './build/image-builder.js';
import { ImageLocks } from './store/image-locks.js';
import { FileReferences } from './store/file-references.js';
import { FileSystemRoot } from './register/file-system-root.js';
import { ForeignFiles } from './register/foreign-files.js';
import { ForeignKernel } from './register/foreign-kernel.js';
import { KernelRegistrar } from './register/kernel-registrar.js';
import { RegisterService } from './register/register.service.js';
import { RegisteredKernel } from './register/registered-kernel.js';
import { NoProvisioner, TreeProvisioner } from './register/tree-provisioner.js';
import { TreeRoot } from './register/tree-root.js';
import { Blobs } from './store/blobs.js';
import { ImageDirectories } from './store/image-directories.js';
import { ImageMaking } from './making/image-making.js';
import { ImageStore } from './store/image-store.js';
import { ImageController } from './image.controller.js';
import { ImageRegistration } from './store/image-registration.js';
import { ImageRepository } from './store/image.repository.js';
import { Trees } from './tree/trees.js';
import { ImageService } from './image.service.js';

/** File systems that are worked on without being mounted, and what is made of them. */
const FILE_SYSTEMS = [
  Ext4,
  DiskCleaner,
  Workbench,
  MachineFiles,
  MachineImage,
  MachineImages,
  EmptySeed,
  SeedFiles,
  SeedKey,
  SeedRenewal,
];

const REGISTER = [
  FileReferences,
  ForeignFiles,
  RegisteredKernel,
  FileSystemRoot,
  TreeRoot,
  RegisterService,
  ForeignKernel,
  KernelRegistrar,
  { provide: TreeProvisioner, useClass: NoProvisioner },
];

/** Images: built, kept, served. Needs Config, Database, Ledger, OperationRunner and ProcessRunner from global modules. */
@Module({
  imports: [HostModule],
  controllers: [ImageController, KernelController],
  providers: [
    { provide: ImageFiles, useClass: DiskImageFiles },
    { provide: BuildHost, useClass: LinuxBuildHost },
    SiteLeftovers,
    BuildPlanner,
    BuildPreflight,
    ImageSites,
    PackageStep,
    Mmdebstrap,
    ImageKernel,
    InitramfsMaker,
    KernelStore,
    KernelUnpacker,
    KernelRepository,
    KernelService,
    KernelPuller,
    Trees,
    RootStep,
    ImageSteps,
    ImageBuilder,
    ImageLocks,
    ImageRepository,
    Blobs,
    ImageDirectories,
    ImageStore,
    ImageMaking,
    ...FILE_SYSTEMS,
    ...REGISTER,
    ImageRegistration,
    ImageService,
  ],
  exports: [ImageService, ImageLocks, ImageRegistration, MachineImages],
})
export class ImageModule {}
