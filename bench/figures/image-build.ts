import { timed } from '../measure.js';
import type { Figure } from '../measure.js';
import type { ScratchHost } from '../scratch-host.js';

/** The default image from nothing, and again with nothing changed. */
export async function imageBuild(host: ScratchHost): Promise<Figure[]> {
  const build = await timed(() => host.banger('image', 'build'));
  const again = await timed(() => host.banger('image', 'build'));
  return [
    { name: 'image build, from nothing', unit: 's', value: build / 1000, runs: 1 },
    { name: 'image build, nothing changed', unit: 's', value: again / 1000, runs: 1 },
  ];
}
