import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { PublishedPort } from '../../contract/index.js';
import { LeaseProbe } from './lease-probe.js';
import type { ListenProblem } from './lease-probe.js';
import { parsePasswdUids, parseSubordinateUids } from './uid-tables.js';

/** Below it the kernel asks for privileges; the setting is absent in kernels before 4.11. */
const FIRST_FREE_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const FIRST_FREE_PORT_DEFAULT = 1024;

@Injectable()
export class LinuxLeaseProbe extends LeaseProbe {
  override async isPortFree(port: number): Promise<boolean> {
    return (await listenFailure({ hostAddress: '127.0.0.1', hostPort: port, protocol: 'tcp' })) === undefined;
  }

  override async listenProblem(port: PublishedPort): Promise<ListenProblem | undefined> {
    const firstFree = Number((await readTable(FIRST_FREE_PORT)) || FIRST_FREE_PORT_DEFAULT);
    // The daemon of the root user could listen there, its VMMs cannot.
    if (port.hostPort < firstFree) return 'privileged';
    const code = await listenFailure(port);
    if (code === undefined) return undefined;
    if (code === 'EADDRNOTAVAIL') return 'no-address';
    return code === 'EACCES' ? 'privileged' : 'taken';
  }

  override async takenUids(): Promise<{ from: number; to: number }[]> {
    const [users, containers] = await Promise.all([readTable('/etc/passwd'), readTable('/etc/subuid')]);
    return [...parsePasswdUids(users), ...parseSubordinateUids(containers)];
  }
}

/** Listens for a moment. @returns the code of the failure, undefined when there was none */
function listenFailure(port: Omit<PublishedPort, 'guestPort'>): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
  if (port.protocol === 'udp') {
    const socket = createSocket('udp4');
    socket.once('error', fail);
    socket.bind({ address: port.hostAddress, port: port.hostPort, exclusive: true }, () =>
      socket.close(() => resolve(undefined)),
    );
  } else {
    const server = createServer();
    server.once('error', fail);
    server.listen({ host: port.hostAddress, port: port.hostPort, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  }
  return promise;
}

async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
