import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { coldCreate } from './figures/cold-create.js';
import { exec } from './figures/exec.js';
import { idleDaemon, restart } from './figures/daemon.js';
import { copy } from './figures/copy.js';
import { forks } from './figures/forks.js';
import { imageBuild } from './figures/image-build.js';
import { imagePull } from './figures/image-pull.js';
import { locks } from './figures/locks.js';
import { listThousand, pipelinedHello } from './figures/rpc.js';
import { runningVms } from './figures/running-vms.js';
import { statsOfHundred } from './figures/stats.js';
import { templates } from './figures/templates.js';
import { sessions } from './figures/sessions.js';
import { vmListProcess } from './figures/start-up.js';
import {
  workspaceAgain,
  workspaceExports,
  workspaceImports,
  workspaceOfManyFiles,
} from './figures/workspace/index.js';
import { forgetKnownVms, writeKnownVms } from './known-vms.js';
import { isMet } from './measure.js';
import type { Figure } from './measure.js';
import { ROOT, ScratchHost } from './scratch-host.js';
import { renderTable } from './table.js';

/** For single parts: state directory of a stopped daemon whose images are used, instead of building one. */
const IMAGES_FROM = process.env['BANGER_BENCH_IMAGES'];

type Part = (host: ScratchHost) => Promise<Figure | Figure[]>;

/** In this order: the image first, since everything needs one. */
const PARTS: Readonly<Record<string, Part>> = {
  'image-build': imageBuild,
  'image-pull': imagePull,
  'vm-list': vmListProcess,
  rpc: pipelinedHello,
  'cold-create': coldCreate,
  templates,
  forks,
  exec,
  sessions,
  'workspace-import': workspaceImports,
  'workspace-many': workspaceOfManyFiles,
  'workspace-again': workspaceAgain,
  'workspace-export': workspaceExports,
  copy,
  locks,
  'running-vms': runningVms,
  daemon: async (host) => {
    await host.banger('daemon', 'stop');
    writeKnownVms(host, 100);
    const figures = [await restart(host), ...(await idleDaemon(host))];
    return [...figures, await withThousand(host)];
  },
  stats: statsOfHundred,
};

async function withThousand(host: ScratchHost): Promise<Figure> {
  await host.banger('daemon', 'stop');
  writeKnownVms(host, 1000);
  await host.banger('daemon', 'start');
  const figure = await listThousand(host);
  await host.banger('daemon', 'stop');
  forgetKnownVms(host);
  return figure;
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(', ')}; there are: ${Object.keys(PARTS).join(', ')}`);
  const host = new ScratchHost();
  const figures: Figure[] = [];
  try {
    if (IMAGES_FROM !== undefined && wanted.length > 0) host.takeImages(IMAGES_FROM);
    for (const [name, part] of Object.entries(PARTS)) {
      if (!isWanted(name, wanted)) continue;
      console.error(`measuring ${name} …`);
      figures.push(...[await part(host)].flat());
    }
  } finally {
    await host.close();
  }
  console.log(renderTable(figures));
  // A part of the figures is for the eye; the record holds all of one run.
  if (wanted.length === 0) writeRecord(figures);
}

/** A record needs every part; single ones need an image at least, built or taken. */
function isWanted(name: string, wanted: readonly string[]): boolean {
  if (wanted.length === 0 || wanted.includes(name)) return true;
  return name === 'image-build' && IMAGES_FROM === undefined;
}

function writeRecord(figures: readonly Figure[]): void {
  const directory = join(ROOT, 'bench/results');
  mkdirSync(directory, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memoryMib: Math.round(totalmem() / 2 ** 20),
    load: loadavg(),
  };
  const record = { date, machine, figures: figures.map((figure) => ({ ...figure, met: isMet(figure) })) };
  writeFileSync(join(directory, `${date}.json`), `${JSON.stringify(record, undefined, 2)}\n`);
}

await main();
