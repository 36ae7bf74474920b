import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Injectable } from '@nestjs/common';
import { LeaseProbe } from './lease-probe.js';
import { parsePasswdUids, parseSubordinateUids } from './uid-tables.js';

@Injectable()
export class LinuxLeaseProbe extends LeaseProbe {
  override isPortFree(port: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
    return promise;
  }

  override async takenUids(): Promise<{ from: number; to: number }[]> {
    const [users, containers] = await Promise.all([readTable('/etc/passwd'), readTable('/etc/subuid')]);
    return [...parsePasswdUids(users), ...parseSubordinateUids(containers)];
  }
}

async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
