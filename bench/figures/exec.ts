import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshSettings } from '../../src/contract/index.js';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { createVm, execInVm, runCommand } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const RUNS = 25;
const FLOOR = 'ssh through a ControlMaster, whole process';

/**
 * `true` in a VM, on a connection that stands: by an RPC client that is connected, and by the whole command line, each
 * against OpenSSH's client through its master. That one's way includes the start of a process, which is how it is used.
 */
export async function exec(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  const sockets = mkdtempSync(join(tmpdir(), 'bgr-cm-'));
  await createVm(client, { name: 'exec' });
  const settings = sshSettings(await client.call('vm.ssh', { vm: 'exec' }));
  const options = settings.flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const ssh = (...args: string[]): Promise<unknown> =>
    runCommand('ssh', [...options, '-S', join(sockets, 'master'), ...args]);
  try {
    await ssh('-o', 'ControlMaster=yes', '-o', 'ControlPersist=yes', 'exec.vm', 'true');
    const floor = (): Promise<number> => timed(() => ssh('exec.vm', 'true'));
    const byRpc = (): Promise<number> => timed(() => execInVm(client, host.socketPath, 'exec', ['true']));
    const byCli = (): Promise<number> => timed(() => host.banger('vm', 'exec', 'exec', '--', 'true'));
    for (const warmUp of [floor, byRpc, byCli]) await warmUp();
    const rpc = await interleaved(RUNS, floor, byRpc);
    const cli = await interleaved(RUNS, floor, byCli);
    return [
      pairedFigure(
        { name: 'exec true, by an RPC client that is connected', floorName: FLOOR, budget: 1.3 },
        rpc,
      ),
      pairedFigure({ name: 'banger vm exec true, whole process', floorName: FLOOR }, cli),
    ];
  } finally {
    await ssh('-O', 'exit', 'exec.vm');
    rmSync(sockets, { recursive: true });
    await client.close();
    await host.banger('vm', 'delete', '--force', 'exec');
  }
}
