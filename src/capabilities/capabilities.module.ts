import { Module } from '@nestjs/common';
import { CapabilityRegistry } from './capability-registry.js';
import { EnvironmentCapability } from './environment/environment.capability.js';
import { HostNameCapability } from './host-name/host-name.capability.js';
import { SshAccessCapability } from './ssh-access/ssh-access.capability.js';
import { UserNetworkCapability } from './user-network/user-network.capability.js';

/** Every built-in capability; the registry orders and checks them. */
const BUILTIN = [
  HostNameCapability,
  UserNetworkCapability,
  SshAccessCapability,
  EnvironmentCapability,
] as const;

@Module({
  providers: [
    {
      provide: CapabilityRegistry,
      useFactory: () => new CapabilityRegistry(BUILTIN.map((Builtin) => new Builtin())),
    },
  ],
  exports: [CapabilityRegistry],
})
export class CapabilitiesModule {}
