export { CapabilitiesModule } from './capabilities.module.js';
export { CapabilityRegistry } from './capability-registry.js';
export type { IdentityFile, MachineDraft, VmFacts } from './capability.js';
