export { Machines } from './machines.js';
export { VmModule } from './vm.module.js';
export { VmReconciler } from './lifecycle/reconcile.service.js';
export { WorkspaceImporter } from './workspace-importer.js';
export type { ImportProgress, WorkspacePlan } from './workspace-importer.js';
export { AcceleratorCheck } from './hypervisor/accelerator.check.js';
export { HypervisorModule } from './hypervisor/hypervisor.module.js';
