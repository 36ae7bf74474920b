import type { PublishedPort, VmResource } from '../contract/index.js';
import { BangerError } from '../core/errors/index.js';

export class VmResourcesInvalidError extends BangerError<'VM_RESOURCES_INVALID'> {
  constructor(facts: {
    resource: VmResource;
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

function describe(resource: VmResource, requested: number): string {
  if (resource === 'cpus') return `a VM with ${requested} CPUs`;
  if (resource === 'memory') return `a VM with ${requested} MiB of memory`;
  return `a ${resource === 'disk' ? 'disk' : 'work disk'} of ${requested} MiB`;
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

/** Somebody else has the host's port. `vm` is its name when it is one of ours; otherwise it is another program. */
export class PortTakenError extends BangerError<'PORT_TAKEN'> {
  constructor(port: PublishedPort, owner: { vm?: string }) {
    const { hostAddress, hostPort, protocol } = port;
    const whose = owner.vm === undefined ? 'another program' : `the VM ${owner.vm}`;
    super('PORT_TAKEN', `the port ${hostPort}/${protocol} of this host is taken: ${whose} has it`, {
      details: { address: hostAddress, port: hostPort, protocol, ...owner },
      fix:
        owner.vm === undefined
          ? `choose another port, or end that program (ss -lpn 'sport = :${hostPort}' shows it)`
          : `choose another port, or stop that VM: banger vm stop ${owner.vm}`,
    });
  }
}

/** The same port of the host is asked for twice for one VM. */
export class PortTwiceError extends BangerError<'PORT_UNUSABLE'> {
  constructor({ hostAddress, hostPort, protocol }: PublishedPort) {
    super('PORT_UNUSABLE', `the port ${hostPort}/${protocol} of this host is named twice`, {
      details: { address: hostAddress, port: hostPort, protocol, reason: 'named twice' },
      fix: 'leave one of the two out, or give it another port of the host',
    });
  }
}

export class PortUnusableError extends BangerError<'PORT_UNUSABLE'> {
  constructor(port: PublishedPort, problem: 'privileged' | 'no-address') {
    const { hostAddress, hostPort, protocol } = port;
    const reason =
      problem === 'privileged'
        ? 'ports this low need privileges, and VMs run without any'
        : 'this host has no such address';
    const fix =
      problem === 'privileged'
        ? 'choose a port from 1024 on, or let everybody have it: sysctl net.ipv4.ip_unprivileged_port_start'
        : 'leave the address out for the loopback, or give one that the host has (ip -4 address)';
    super('PORT_UNUSABLE', `nothing can listen on ${hostAddress}:${hostPort}/${protocol}`, {
      details: { address: hostAddress, port: hostPort, protocol, reason },
      why: reason,
      fix,
    });
  }
}

/** Disks cannot be made or used in the way that is wanted. */
export class DiskBackendUnavailableError extends BangerError<'DISK_BACKEND_UNAVAILABLE'> {
  private constructor(message: string, backend: string | undefined, reasons: string[], fix: string) {
    super('DISK_BACKEND_UNAVAILABLE', message, {
      details: { ...(backend !== undefined && { backend }), reasons },
      why: reasons.join('; '),
      fix,
    });
  }

  /** @param backend the one that was asked for */
  static forNewDisks(backend: string | undefined, reasons: string[]): DiskBackendUnavailableError {
    return backend === undefined
      ? new this('no disk can be made here', backend, reasons, 'see what is missing: banger doctor')
      : new this(
          `the disk backend ${backend} does not work here`,
          backend,
          reasons,
          'leave disk.backend out of the configuration file, or move the state directory to a file system that can (BANGER_STATE_DIR)',
        );
  }

  /** A disk that another version of banger has made. */
  static unknownKind(backend: string, known: readonly string[]): DiskBackendUnavailableError {
    return new this(
      `disks of the backend ${JSON.stringify(backend)} cannot be used`,
      backend,
      [`this version of banger knows ${known.join(', ')}`],
      'run the version that made the VM, or delete the VM',
    );
  }
}

/** Each copy of a disk that is kept adds one. */
export class TooManyLayersError extends BangerError<'LIMIT_EXCEEDED'> {
  constructor(path: string, max: number) {
    super('LIMIT_EXCEEDED', `the disk ${path} stands on ${max} others already`, {
      details: { limit: 'layers of a disk', max },
      why: 'each fork or snapshot of its VM, and of those that it is a copy of, adds one',
      fix: 'make a new VM, and copy what is needed into it',
    });
  }
}
