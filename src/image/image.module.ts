import { Module } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
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
import { HostPackages } from './build/host-packages.js';
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
import { TreeRoot } from './register/tree-root.js';
import { Blobs } from './store/blobs.js';
import { ImageDirectories } from './store/image-directories.js';
import { ImageMaking } from './making/image-making.js';
import { ImageStore } from './store/image-store.js';
import { CurrentImages } from './build/current-images.js';
import { DerivedBuild } from './build/derived-build.js';
import { FileDisks } from './ext4/disk-reader.adapter.js';
import { Disks } from './ext4/disk-reader.js';
import { PackageBuild } from './build/package-build.js';
import { InstalledRecipes } from './recipe/ready-recipes.adapter.js';
import { ReadyRecipes } from './recipe/ready-recipes.js';
import { RecipeReader } from './recipe/recipe-reader.js';
import { DiskStepFiles } from './steps/step-files.adapter.js';
import { StepFiles } from './steps/step-files.js';
import { RecipeSteps } from './steps/recipe-steps.js';
import { StepCache } from './steps/step-cache.js';
import { ImageController } from './image.controller.js';
import { ImageRegistration } from './store/image-registration.js';
import { ImageRepository } from './store/image.repository.js';
import { BundleCache } from './catalog/bundle-cache.js';
import { CatalogBundles } from './catalog/catalog-bundles.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { DownloadModule } from './download/download.module.js';
import { BundleToImage } from './transfer/bundle-to-image.js';
import { CatalogPuller } from './transfer/catalog-puller.js';
import { ImageExporter } from './transfer/image-exporter.js';
import { ImageImporter } from './transfer/image-importer.js';
import { ImageTransferController } from './transfer/image-transfer.controller.js';
import { OciModule } from './oci/oci.module.js';
import { CachedDownloads } from './prune/cached-downloads.js';
import { ImagePruneController } from './prune/image-prune.controller.js';
import { ImagePruner, PRUNABLE_THINGS } from './prune/image-pruner.js';
import { KeptForBuilds } from './prune/kept-for-builds.js';
import type { PrunableThings } from './prune/prunable.js';
import { UnderWay } from './prune/under-way.js';
import { UnusedImages } from './prune/unused-images.js';
import { UnusedKernels } from './prune/unused-kernels.js';
import { TreeProvisioner } from './provisioning/tree-provisioner.js';
import { ImagePuller } from './pull/image-puller.js';
import { LayersToImage } from './pull/layers-to-image.js';
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
];

/** Images that go from one banger to another. */
const TRANSFER = [BundleCache, CatalogBundles, BundleToImage, ImageExporter, ImageImporter, CatalogPuller];

/** What may go, in this order: what has copies elsewhere before what has not. */
const PRUNABLE = [CachedDownloads, KeptForBuilds, UnusedKernels, UnusedImages];
const PRUNING: Provider[] = [
  UnderWay,
  ...PRUNABLE,
  {
    provide: PRUNABLE_THINGS,
    inject: PRUNABLE,
    useFactory: (...things: PrunableThings[]) => things,
  },
  ImagePruner,
];

/** Images: built, kept, served. Needs Config, Database, Ledger, OperationRunner and ProcessRunner from global modules. */
@Module({
  imports: [HostModule, OciModule, DownloadModule, CatalogModule],
  controllers: [ImageController, ImageTransferController, ImagePruneController, KernelController],
  providers: [
    { provide: ImageFiles, useClass: DiskImageFiles },
    { provide: BuildHost, useClass: LinuxBuildHost },
    { provide: StepFiles, useClass: DiskStepFiles },
    { provide: ReadyRecipes, useClass: InstalledRecipes },
    RecipeReader,
    RecipeSteps,
    StepCache,
    CurrentImages,
    PackageBuild,
    DerivedBuild,
    { provide: Disks, useClass: FileDisks },
    SiteLeftovers,
    BuildPlanner,
    BuildPreflight,
    ImageSites,
    PackageStep,
    HostPackages,
    Mmdebstrap,
    ImageKernel,
    InitramfsMaker,
    KernelStore,
    KernelUnpacker,
    KernelRepository,
    KernelService,
    KernelPuller,
    Trees,
    TreeProvisioner,
    LayersToImage,
    ImagePuller,
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
    ...TRANSFER,
    ...PRUNING,
  ],
  exports: [ImageService, ImageLocks, ImageRegistration, MachineImages],
})
export class ImageModule {}
