export { CapabilitiesModule } from './capabilities.module.js';
export { CapabilityRegistry } from './capability-registry.js';
export type { StartOperation, StepRunner } from './capability-registry.js';
export { correctGuestClock, isOff, MOVE_CLOCK } from './clock/guest-clock.js';
export type { Guest, GuestNetwork, IdentityFile, MachineDraft, VmFacts } from './capability.js';
export { SyncFiles } from './file-sync/synced-file.js';
export { hostsFile } from './host-name/host-name.capability.js';
export { exposure } from './published-ports/published-ports.capability.js';
