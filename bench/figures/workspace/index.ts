import type { Figure } from '../../measure.js';
import type { ScratchHost } from '../../scratch-host.js';
import { workspaceExport } from './export.js';
import { workspaceImport } from './import.js';

/** Repositories into guests and work out of them, each against what git itself takes for it. */
export async function workspaces(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  try {
    return [...(await workspaceImport(host, client)), await workspaceExport(host, client)];
  } finally {
    await client.close();
  }
}
