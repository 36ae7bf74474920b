import type { SavedMachine } from '../../hypervisor.js';
import type { QmpClient } from '../qmp-client.js';
import { migrate } from './migration.js';
import { StateInlet } from './state-inlet.adapter.js';

/** Halts the machine and writes its state down; its memory is in the file already. */
export async function saveMachine(
  qmp: QmpClient,
  {
    saveTo,
    runtimeDirectory,
    signal,
  }: { saveTo: SavedMachine; runtimeDirectory: string; signal: AbortSignal },
): Promise<void> {
  await qmp.execute('stop');
  const inlet = await StateInlet.open(`${runtimeDirectory}/state.sock`, saveTo.statePath);
  try {
    await migrate(qmp, 'migrate', { uri: `unix:${inlet.socketPath}`, signal });
    await inlet.received();
  } finally {
    await inlet.close();
  }
}
