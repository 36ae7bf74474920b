import type { CapabilityType } from './capability.js';
import { ClockCapability } from './clock/clock.capability.js';
import { EnvironmentCapability } from './environment/environment.capability.js';
import { FileSyncCapability } from './file-sync/file-sync.capability.js';
import { GitIdentityCapability } from './git-identity/git-identity.capability.js';
import { HostNameCapability } from './host-name/host-name.capability.js';
import { PublishedPortsCapability } from './published-ports/published-ports.capability.js';
import { SshAccessCapability } from './ssh-access/ssh-access.capability.js';
import { UserNetworkCapability } from './user-network/user-network.capability.js';
import { WorkDiskCapability } from './work-disk/work-disk.capability.js';

/** Every built-in capability; the registry orders and checks them when the daemon starts. */
export const BUILTIN_CAPABILITIES: readonly CapabilityType[] = [
  HostNameCapability,
  UserNetworkCapability,
  SshAccessCapability,
  EnvironmentCapability,
  PublishedPortsCapability,
  GitIdentityCapability,
  ClockCapability,
  FileSyncCapability,
  WorkDiskCapability,
];
