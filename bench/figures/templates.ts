import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { extract } from 'tar-stream';
import type { ResultOf } from '../../src/contract/index.js';
import type { RpcClient } from '../../src/core/rpc/client.js';
import { adoptionRecords } from '../../src/vm/identity/identity-adoption.js';
import { BareRestore } from '../bare-restore.js';
import { interleaved, median, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { cpuMs, createVm, execInVm, proportionalMib, translatedMib } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const RUNS = 20;
const BOOTS = 3;
const CLONES = 30;
/** Ends when systemd has nothing more to start. */
const BOOTED = ['sh', '-c', 'systemctl is-system-running --wait > /dev/null; exit 0'];
/** `ms` over which idle clones are watched, after as long to come to rest */
const IDLE_MS = 20_000;

/** From `vm.create.begin` to the end of the first command: against the bare restore of the same files, and a cold boot. */
export async function templates(host: ScratchHost): Promise<Figure[]> {
  await host.banger('image', 'warm');
  const client = await host.client();
  const create = async (name: string, more: { cold?: boolean; command?: string[] } = {}): Promise<number> => {
    const { cold = false, command = ['true'] } = more;
    const ms = await timed(async () => {
      const vm = await createVm(client, { name, cold });
      await execInVm(client, host.socketPath, vm.id, command);
    });
    await client.call('vm.delete', { vm: name, force: true });
    return ms;
  };
  const model = await createVm(client, { name: 'model' });
  const bare = new BareRestore(host, model, await recordsOf(host, model));
  await client.call('vm.kill', { vm: 'model' });
  const pair = await interleaved(
    RUNS,
    async () => {
      bare.prepare();
      return bare.run();
    },
    () => create('clone'),
  );
  await client.call('vm.delete', { vm: 'model', force: true });
  const figures = [
    pairedFigure({ name: 'clone to first exec', floorName: 'bare restore', budget: 1.25 }, pair),
    await againstBoot('its system has booted', 1 / 6, BOOTED),
    await againstBoot('first exec', 1 / 4, ['true']),
    ...(await idleClones(client)),
  ];
  await client.close();
  return figures;

  async function againstBoot(what: string, budget: number, command: string[]): Promise<Figure> {
    const floor: number[] = [];
    for (let run = 0; run < BOOTS; run += 1) floor.push(await create('cold', { cold: true, command }));
    const facts = { name: `clone, of a boot until ${what}`, floorName: 'cold create', budget };
    return pairedFigure(facts, { floor, product: pair.product });
  }
}

/** What a clone has to be told to be this VM, as the daemon would tell it. */
async function recordsOf(
  host: ScratchHost,
  vm: ResultOf<'vm.get'>,
): Promise<(clockOffsetMs: number) => Buffer> {
  const archive = extract();
  archive.end(readFileSync(join(host.stateDirectory, 'vms', vm.id, 'identity.tar')));
  const identityFiles: { path: string; content: string; mode: number }[] = [];
  for await (const entry of archive) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    const { name, mode, type } = entry.header;
    if (type === 'file') identityFiles.push({ path: name, mode, content: Buffer.concat(chunks).toString() });
  }
  return (clockOffsetMs) =>
    adoptionRecords({
      hostName: vm.name,
      identityFiles,
      mac: '52:54:00:12:34:56',
      network: { address: '10.0.2.15/24', gateway: '10.0.2.2' },
      clockOffsetMs,
      entropy: randomBytes(512),
      bootId: randomUUID(),
    });
}

/** Host memory and CPU of clones that nobody uses, all alive at once. */
async function idleClones(client: RpcClient): Promise<Figure[]> {
  const names = Array.from({ length: CLONES }, (_, index) => `idle-${index}`);
  const pids: number[] = [];
  for (const name of names) pids.push((await createVm(client, { name })).pid ?? 0);
  await delay(IDLE_MS);
  const before = pids.map(cpuMs);
  await delay(IDLE_MS);
  const cpu = pids.map((pid, index) => (100 * (cpuMs(pid) - (before[index] ?? 0))) / IDLE_MS);
  const pss = pids.map(proportionalMib);
  const withoutCode = pids.map((pid, index) => (pss[index] ?? 0) - translatedMib(pid));
  for (const name of names) await client.call('vm.delete', { vm: name, force: true });
  return [
    {
      name: `memory of an idle clone, ${CLONES} alive`,
      unit: 'MiB PSS',
      value: median(pss),
      budget: 130,
      runs: CLONES,
    },
    {
      name: 'of it, without code that an emulator translated',
      unit: 'MiB PSS',
      value: median(withoutCode),
      budget: 80,
      runs: CLONES,
    },
    {
      name: `CPU of an idle clone, ${CLONES} alive`,
      unit: '% of a core',
      value: median(cpu),
      budget: 0.5,
      runs: CLONES,
    },
  ];
}
