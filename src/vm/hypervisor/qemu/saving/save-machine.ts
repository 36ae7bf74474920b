import type { QmpClient } from '../qmp-client.js';
import { migrate } from './migration.js';
import { StateInlet } from './state-inlet.adapter.js';

/** Halts the machine and writes its state down; its memory is where it is to be already. */
export async function saveMachine(
  qmp: QmpClient,
  target: { statePath: string; runtimeDirectory: string; signal: AbortSignal },
): Promise<void> {
  const { statePath, runtimeDirectory, signal } = target;
  await qmp.execute('stop');
  const inlet = await StateInlet.open(`${runtimeDirectory}/state.sock`, statePath);
  try {
    await migrate(qmp, 'migrate', { uri: `unix:${inlet.socketPath}`, signal });
    await inlet.received(signal);
  } finally {
    await inlet.close();
  }
}
