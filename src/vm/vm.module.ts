import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CapabilitiesModule } from '../capabilities/index.js';
import { HostModule } from '../host/index.js';
import { ImageModule } from '../image/index.js';
import { GuestAccess } from './access/guest-access.js';
import { ClockKeeper } from './clock/clock-keeper.js';
import { SshConfigFile } from './ssh-config/ssh-config-file.js';
import { CopyFilesService } from './copy-files/copy-files.service.js';
import { ExecService } from './exec/exec.service.js';
import { HypervisorModule } from './hypervisor/hypervisor.module.js';
import { BootService } from './lifecycle/boot.service.js';
import { CreateSteps } from './lifecycle/create-steps.js';
import { FirstStart } from './lifecycle/first-start.js';
import { VmCreateService } from './lifecycle/create.service.js';
import { VmDeleteService } from './lifecycle/delete.service.js';
import { GuestReadiness } from './lifecycle/guest-readiness.js';
import { LaunchService } from './lifecycle/launch.service.js';
import { MachineAdoption } from './lifecycle/machine-adoption.js';
import { MachineConvergence } from './lifecycle/machine-convergence.js';
import { MachineEnds } from './lifecycle/machine-ends.js';
import { MachinePreparer } from './lifecycle/machine-preparer.js';
import { MachineTeardown } from './lifecycle/machine-teardown.js';
import { MachineWatcher } from './lifecycle/machine-watcher.js';
import { VmReconciler } from './lifecycle/reconcile.service.js';
import { VmsAtStart } from './lifecycle/vms-at-start.js';
import { VmRestartService } from './lifecycle/restart.service.js';
import { StartSteps } from './lifecycle/start-steps.js';
import { VmStartService } from './lifecycle/start.service.js';
import { StopSteps } from './lifecycle/stop-steps.js';
import { VmStopService } from './lifecycle/stop.service.js';
import { HostBudget } from './lifecycle/host-budget.js';
import { VmRemains } from './lifecycle/vm-remains.js';
import { VmChangeRunner } from './lifecycle/vm-change-runner.js';
import { VmFactsGatherer } from './lifecycle/vm-facts.js';
import { VmPreflight } from './lifecycle/vm-preflight.js';
import { VmStorage } from './lifecycle/vm-storage.js';
import { WorkspaceStep } from './lifecycle/workspace-step.js';
import { VmAccessController } from './vm-access.controller.js';
import { VM_DOCTOR, VM_DOCTOR_EXPORTS } from './doctor/vm-doctor.js';
import { VmInspectionModule } from './doctor/vm-inspection.module.js';
import { KEEPING, KEEPING_CONTROLLERS } from './keeping.js';
import { LiveViews } from './live-views.js';
import { Machines } from './machines.js';
import { OBSERVATION } from './observation.js';
import { ProjectCreation } from './project/project-creation.js';
import { GuestRunner } from './project/guest-run.js';
import { ProjectStep } from './project/project-step.js';
import { WorkspaceSetup } from './project/workspace-setup.js';
import { PromoteController } from './promote/promote.controller.js';
import { PromoteService } from './promote/promote.service.js';
import { PromotedDisks } from './promote/promoted-disks.js';
import { PublishedPorts } from './ports/published-ports.service.js';
import { ExpiryJob } from './policies/expiry.job.js';
import { HostConnections } from './policies/host-connections.adapter.js';
import { IdleEnd } from './policies/idle-end.js';
import { IdleStopJob } from './policies/idle-stop.job.js';
import { IdleTimes } from './policies/idle-times.js';
import { PolicyRepository } from './policies/policy.repository.js';
import { PrunableVms } from './policies/prunable-vms.js';
import { RestartJob } from './policies/restart.job.js';
import { VmUse } from './policies/vm-use.js';
import { LeftoverReport } from './reaper/leftover-report.js';
import { LeftoversModule } from './reaper/leftovers.module.js';
import { StorageWatch } from './storage/storage-watch.js';
import { TemplateController } from './templates/template.controller.js';
import { TemplateFiles } from './templates/template-files.adapter.js';
import { TemplateMaker } from './templates/template-maker.js';
import { TemplatePreparer } from './templates/template-preparer.js';
import { TemplateProduction } from './templates/template-production.js';
import { TemplateShapes } from './templates/template-shapes.js';
import { TemplateStore } from './templates/template-store.js';
import { TemplateWarming } from './templates/template-warming.js';
import { Templates } from './templates/templates.js';
import { VmDisks } from './vm-disks.js';
import { OomRecords } from './reaper/oom-records.adapter.js';
import { OomWatch } from './reaper/oom-watch.js';
import { ReaperJob } from './reaper/reaper.job.js';
import { StrayVms } from './reaper/stray-vms.js';
import { VmBooksModule } from './vm-books.module.js';
import { VmFiles } from './vm-files.adapter.js';
import { VmLocks } from './vm-locks.js';
import { VmObservationController } from './vm-observation.controller.js';
import { VmPathFinder } from './vm-paths.js';
import { VmPowerController } from './vm-power.controller.js';
import { VmController } from './vm.controller.js';
import { Waking } from './suspend/waking.js';
import { DiskGrowth } from './settings/disk-growth.js';
import { LiveSettings } from './settings/live-settings.js';
import { MachineShapes } from './settings/machine-shapes.js';
import { MemoryFollower } from './settings/memory-follower.job.js';
import { SetPreflight } from './settings/set-preflight.js';
import { SetSteps } from './settings/set-steps.js';
import { VmSetService } from './settings/set.service.js';
import { VmSettingsController } from './settings/settings.controller.js';
import { SettingsReconciler } from './settings/settings-reconciler.js';
import { VmStateGuard } from './vm-state.guard.js';

const SETTINGS = [
  DiskGrowth,
  LiveSettings,
  MachineShapes,
  MemoryFollower,
  SetPreflight,
  SetSteps,
  SettingsReconciler,
  VmSetService,
];

const LIFECYCLE = [
  BootService,
  CreateSteps,
  FirstStart,
  GuestReadiness,
  HostBudget,
  LaunchService,
  MachineAdoption,
  MachineConvergence,
  MachineEnds,
  MachinePreparer,
  MachineTeardown,
  MachineWatcher,
  StartSteps,
  StopSteps,
  VmChangeRunner,
  VmCreateService,
  VmDeleteService,
  VmFactsGatherer,
  VmPreflight,
  VmReconciler,
  VmRemains,
  VmsAtStart,
  VmRestartService,
  VmStartService,
  VmStopService,
  VmStorage,
  WorkspaceStep,
];

const TEMPLATES = [
  TemplateFiles,
  TemplateMaker,
  TemplatePreparer,
  TemplateProduction,
  Templates,
  TemplateShapes,
  TemplateStore,
  TemplateWarming,
];

/** What happens to VMs without anybody asking. */
const POLICIES = [
  ExpiryJob,
  HostConnections,
  IdleEnd,
  IdleStopJob,
  IdleTimes,
  LeftoverReport,
  OomRecords,
  OomWatch,
  PolicyRepository,
  PrunableVms,
  ReaperJob,
  RestartJob,
  StrayVms,
  VmUse,
];

/** Needs a `WorkspaceImporter` from a global module: the workspace module stands above this one. */
@Module({
  imports: [
    CapabilitiesModule,
    HostModule,
    HypervisorModule,
    ImageModule,
    LeftoversModule,
    VmBooksModule,
    VmInspectionModule,
  ],
  controllers: [
    PromoteController,
    TemplateController,
    VmAccessController,
    VmController,
    VmObservationController,
    VmPowerController,
    VmSettingsController,
    ...KEEPING_CONTROLLERS,
  ],
  providers: [
    ...LIFECYCLE,
    ...SETTINGS,
    ...OBSERVATION,
    ...POLICIES,
    ...KEEPING,
    ...TEMPLATES,
    ClockKeeper,
    ...VM_DOCTOR,
    CopyFilesService,
    ExecService,
    GuestAccess,
    GuestRunner,
    Machines,
    ProjectCreation,
    ProjectStep,
    WorkspaceSetup,
    PromotedDisks,
    PromoteService,
    PublishedPorts,
    SshConfigFile,
    LiveViews,
    StorageWatch,
    VmDisks,
    VmFiles,
    VmLocks,
    VmPathFinder,
    { provide: APP_GUARD, useClass: VmStateGuard },
  ],
  exports: [
    GuestAccess,
    HypervisorModule,
    Machines,
    VmBooksModule,
    VmChangeRunner,
    VmPathFinder,
    VmsAtStart,
    VmStopService,
    Waking,
    WorkspaceSetup,
    ...VM_DOCTOR_EXPORTS,
  ],
})
export class VmModule {}
