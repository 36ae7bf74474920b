import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { BareVmm } from '../bare-vmm.js';
import { createVm, execInVm } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const RUNS = 5;

/** From `vm.create.begin` to the end of the first command, against the bare VMM with the same arguments. */
export async function coldCreate(host: ScratchHost): Promise<Figure> {
  const client = await host.client();
  const model = await createVm(client, { name: 'model', cold: true });
  const bare = new BareVmm(host, model);
  // One at a time: the model's own idle guest must not disturb either side.
  bare.prepare();
  await client.call('vm.kill', { vm: 'model' });
  const pair = await interleaved(
    RUNS,
    async () => {
      bare.prepare();
      return bare.run();
    },
    async () => {
      const ms = await timed(async () => {
        const vm = await createVm(client, { name: 'cold', cold: true });
        await execInVm(client, host.socketPath, vm.id, ['true']);
      });
      await client.call('vm.delete', { vm: 'cold', force: true });
      return ms;
    },
  );
  await client.call('vm.delete', { vm: 'model', force: true });
  await client.close();
  return pairedFigure({ name: 'cold create to first exec', floorName: 'bare VMM', budget: 1.1 }, pair);
}
