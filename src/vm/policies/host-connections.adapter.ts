import { readdir, readFile, readlink } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { parseTcpTable, usedAddresses } from './tcp-table.js';
import type { ListenAddress } from './tcp-table.js';

/** TCP connections of this host. */
@Injectable()
export class HostConnections {
  /** Which of these addresses somebody else than this daemon is, or was within a minute, connected to. */
  async used<A extends ListenAddress>(addresses: readonly A[]): Promise<Set<A>> {
    const [v4, v6, own] = await Promise.all([table('tcp'), table('tcp6'), ownSockets()]);
    return usedAddresses([...parseTcpTable(v4), ...parseTcpTable(v6)], addresses, own);
  }
}

/** A kernel without IPv6 has no second table. */
async function table(name: string): Promise<string> {
  return readFile(`/proc/self/net/${name}`, 'latin1').catch(() => '');
}

async function ownSockets(): Promise<Set<number>> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')),
  );
  const inodes = targets.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]);
  return new Set(inodes.filter((inode) => inode !== undefined).map(Number));
}
