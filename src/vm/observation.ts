import { ConsoleReader } from './console/console-reader.js';
import { FileConsoleReader } from './console/file-console-reader.adapter.js';
import { VmConsoleService } from './console/vm-console.service.js';
import { VmHealthService } from './health/vm-health.service.js';
import { VmProbes } from './health/vm-probes.js';
import { VmPortsService } from './ports/vm-ports.service.js';
import { ProportionalMemory } from './stats/proportional-memory.js';
import { VmSampler } from './stats/vm-sampler.js';
import { VmStatsService } from './stats/vm-stats.service.js';

/** The part of the module that looks at VMs and changes nothing. */
export const OBSERVATION = [
  { provide: ConsoleReader, useClass: FileConsoleReader },
  ProportionalMemory,
  VmConsoleService,
  VmHealthService,
  VmPortsService,
  VmProbes,
  VmSampler,
  VmStatsService,
];
