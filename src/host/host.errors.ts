import { BangerError } from '../core/errors/index.js';

export class VmResourcesInvalidError extends BangerError<'VM_RESOURCES_INVALID'> {
  constructor(facts: {
    resource: 'cpus' | 'memory' | 'disk';
    /** a count for `cpus`, else `MiB` */
    requested: number;
    min: number;
    max: number;
    why: string;
    fix: string;
  }) {
    const { why, fix, ...details } = facts;
    super('VM_RESOURCES_INVALID', `${describe(facts.resource, facts.requested)} is not possible`, {
      details,
      why,
      fix,
    });
  }
}

function describe(resource: 'cpus' | 'memory' | 'disk', requested: number): string {
  if (resource === 'cpus') return `a VM with ${requested} CPUs`;
  return resource === 'memory' ? `a VM with ${requested} MiB of memory` : `a disk of ${requested} MiB`;
}

export class PortsExhaustedError extends BangerError<'HOST_PORT_EXHAUSTED'> {
  constructor(range: { from: number; to: number }) {
    super('HOST_PORT_EXHAUSTED', `every port from ${range.from} to ${range.to} is taken`, {
      details: { ...range },
      why: 'each running VM needs a loopback port for SSH, and other programs may hold some',
      fix: 'stop VMs that are not needed, or widen network.ssh_ports in the configuration file',
    });
  }
}

export class UidsExhaustedError extends BangerError<'HOST_UID_EXHAUSTED'> {
  constructor(range: { from: number; to: number }) {
    super('HOST_UID_EXHAUSTED', `every user id from ${range.from} to ${range.to} is taken`, {
      details: { ...range },
      why: 'each VM runs as a user id of its own, and the host has given some of them to users or containers',
      fix: 'delete VMs that are not needed, or set another range as vmm.uids in the configuration file',
    });
  }
}

/** An image's file is missing or not what it should be. */
export class BaseDiskDamagedError extends BangerError<'IMAGE_DAMAGED'> {
  constructor(path: string, reason: string, cause?: unknown) {
    super('IMAGE_DAMAGED', `the image's disk ${path} cannot be used: ${reason}`, {
      details: { image: path, reason },
      fix: 'build the image again: banger image build --force',
      cause,
    });
  }
}
