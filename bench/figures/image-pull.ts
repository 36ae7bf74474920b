import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OperationView } from '../../src/contract/index.js';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { runCommand } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const RUNS = 3;
const LAYOUT = 'bench';

/**
 * A Debian of one layer from a registry on the loopback: until it is unpacked, against skopeo and umoci; and what the
 * daemon takes of memory meanwhile.
 */
export async function imagePull(host: ScratchHost): Promise<Figure[]> {
  const place = join(host.directory, 'pull');
  mkdirSync(place);
  const registry = await startRegistry(place);
  try {
    await pushDebian(place, registry.name);
    const reference = `${registry.name}/library/debian:12`;
    await host.banger('image', 'list'); // starts the daemon
    const pid = daemonPid(host);
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    const pair = await interleaved(
      RUNS,
      () => timed(() => withSkopeo(place, reference)),
      () => pull(host, reference),
    );
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    const again = await timed(() => host.banger('image', 'pull', reference));
    const facts = {
      name: 'image pull, until it is unpacked',
      floorName: 'skopeo copy, umoci unpack',
      budget: 1.2,
    };
    return [
      pairedFigure(facts, pair),
      { name: 'daemon at most, during a pull', unit: 'MiB', value: peak, budget: 200, runs: 1 },
      { name: 'image pull, nothing changed', unit: 's', value: again / 1000, budget: 2, runs: 1 },
    ];
  } finally {
    registry.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

async function pushDebian(place: string, registry: string): Promise<void> {
  const [tar, layout, bundle] = ['root.tar', 'layout', 'bundle'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  await run('mmdebstrap', ['--variant=minbase', '--mode=root', 'bookworm', tar]);
  const image = `${layout}:${LAYOUT}`;
  await run('umoci', ['init', '--layout', layout]);
  await run('umoci', ['new', '--image', image]);
  await run('umoci', ['unpack', '--image', image, bundle]);
  await run('tar', ['-C', join(bundle, 'rootfs'), '-p', '--numeric-owner', '-xf', tar]);
  await run('umoci', ['repack', '--image', image, bundle]);
  await run('skopeo', [
    ...['copy', '--insecure-policy', '--dest-tls-verify=false'],
    `oci:${image}`,
    `docker://${registry}/library/debian:12`,
  ]);
  for (const path of [tar, layout, bundle]) rmSync(path, { recursive: true });
}

async function withSkopeo(place: string, reference: string): Promise<void> {
  const [layout, bundle] = [join(place, 'floor'), join(place, 'floor-bundle')];
  for (const path of [layout, bundle]) rmSync(path, { recursive: true, force: true });
  const source = ['--src-tls-verify=false', `docker://${reference}`];
  await run('skopeo', ['copy', '--insecure-policy', ...source, `oci:${layout}:${LAYOUT}`]);
  await run('umoci', ['unpack', '--image', `${layout}:${LAYOUT}`, bundle]);
}

/** `ms` of the steps that get and unpack it; what follows makes a guest of it. */
async function pull(host: ScratchHost, reference: string): Promise<number> {
  rmSync(join(host.stateDirectory, 'cache/layers'), { recursive: true, force: true });
  await host.banger('image', 'pull', '--force', reference);
  const [operation] = JSON.parse(
    await host.banger('operation', 'list', '--limit', '1', '--json'),
  ) as OperationView[];
  const steps = (operation?.steps ?? []).filter(({ name }) => /^image\.(fetch|unpack)$/.test(name));
  if (steps.length !== 2) throw new Error('the pull has other steps than expected');
  return steps.reduce((sum, { startedAt, finishedAt }) => {
    return sum + Date.parse(finishedAt ?? '') - Date.parse(startedAt);
  }, 0);
}

async function startRegistry(place: string): Promise<{ name: string; stop: () => void }> {
  const port = await freePort();
  const config = join(place, 'registry.yml');
  const storage = { filesystem: { rootdirectory: join(place, 'data') } };
  writeFileSync(config, JSON.stringify({ version: '0.1', storage, http: { addr: `127.0.0.1:${port}` } }));
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  const name = `127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await fetch(`http://${name}/v2/`).catch(() => undefined)) !== undefined) break;
    await delay(50);
  }
  return { name, stop: () => child.kill() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function daemonPid(host: ScratchHost): number {
  const path = join(host.stateDirectory, 'daemon.lock.pid');
  if (!existsSync(path)) throw new Error('the daemon does not run');
  return Number(readFileSync(path, 'utf8'));
}

async function run(file: string, args: readonly string[]): Promise<void> {
  const { exitCode, output } = await runCommand(file, args);
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}: ${output}`);
}
