import type { RpcClient } from '../../../src/core/rpc/client.js';
import { Sshd } from '../../../test/integration/ssh/support/sshd.js';
import type { Figure } from '../../measure.js';
import type { ScratchHost } from '../../scratch-host.js';
import { workspaceExport } from './export.js';
import { importOfManyFiles, imports, prepareAgain } from './import.js';

/*
 * Repositories into guests and work out of them, each against what git itself takes for it, over SSH: from a server of
 * the host's, or to that of the guest.
 */

export function workspaceImports(host: ScratchHost): Promise<Figure[]> {
  return within(host, (client) => withServer((server) => imports({ host, client, server })));
}

export function workspaceOfManyFiles(host: ScratchHost): Promise<Figure[]> {
  return within(host, (client) => withServer((server) => importOfManyFiles({ host, client, server })));
}

export function workspaceAgain(host: ScratchHost): Promise<Figure[]> {
  return within(host, (client) => withServer((server) => prepareAgain({ host, client, server })));
}

export function workspaceExports(host: ScratchHost): Promise<Figure[]> {
  return within(host, (client) => workspaceExport(host, client));
}

async function within<T>(host: ScratchHost, body: (client: RpcClient) => Promise<T>): Promise<T> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  try {
    return await body(client);
  } finally {
    await client.close();
  }
}

async function withServer<T>(body: (server: Sshd) => Promise<T>): Promise<T> {
  const server = await Sshd.start();
  try {
    return await body(server);
  } finally {
    await server.stop();
  }
}
