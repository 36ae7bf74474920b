import { randomFillSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RpcClient } from '../../src/core/rpc/client.js';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { createVm, execInVm, runCommand } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const MIB = 1024 * 1024;
const FILE_MIB = 96;
const FILES = 20_000;
const FILE_RUNS = 3;
/** at least 0.9 of scp's throughput */
const BUDGET = 1 / 0.9;

/** `vm cp` against the system's scp, on the same VM in the same run: one large file each way, and a tree of 20,000 files. */
export async function copy(host: ScratchHost): Promise<Figure[]> {
  await host.banger('daemon', 'start');
  const client = await host.client();
  const vm = await createVm(client, { name: 'copier' });
  try {
    const bench = new CopyBench(host, client, vm.id);
    return [await bench.fileIn(), await bench.fileOut(), ...(await bench.tree())];
  } finally {
    await client.call('vm.delete', { vm: vm.id, force: true });
    await client.close();
  }
}

class CopyBench {
  readonly #file: string;
  readonly #tree: string;
  readonly #back: string;

  constructor(
    private readonly host: ScratchHost,
    private readonly client: RpcClient,
    private readonly vm: string,
  ) {
    this.#file = join(host.directory, 'large');
    this.#tree = join(host.directory, 'tree');
    this.#back = join(host.directory, 'back');
    writeFileSync(this.#file, randomFillSync(Buffer.allocUnsafe(FILE_MIB * MIB)));
  }

  async fileIn(): Promise<Figure> {
    const pair = await interleaved(
      FILE_RUNS,
      () => this.#clean(() => this.#scp('-p', this.#file, 'root@127.0.0.1:/root/to')),
      () => this.#clean(() => this.host.banger('vm', 'cp', this.#file, 'copier:/root/to')),
    );
    return this.#figure(`copy of ${FILE_MIB} MiB in`, 'scp', pair);
  }

  async fileOut(): Promise<Figure> {
    await this.host.banger('vm', 'cp', this.#file, 'copier:/root/from');
    const pair = await interleaved(
      FILE_RUNS,
      () => this.#clean(() => this.#scp('-p', 'root@127.0.0.1:/root/from', this.#back)),
      () => this.#clean(() => this.host.banger('vm', 'cp', 'copier:/root/from', this.#back)),
    );
    return this.#figure(`copy of ${FILE_MIB} MiB out`, 'scp', pair);
  }

  /** Once each: scp takes minutes for it. */
  async tree(): Promise<Figure[]> {
    for (let index = 0; index < FILES; index += 1) {
      const directory = join(this.#tree, `d${index % 100}`);
      if (index < 100) mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, `f${index}`), `${index}\n`.repeat(index % 50));
    }
    const into = await interleaved(
      1,
      () => this.#clean(() => this.#scp('-rp', this.#tree, 'root@127.0.0.1:/root/to')),
      () => this.#clean(() => this.host.banger('vm', 'cp', this.#tree, 'copier:/root/to')),
    );
    await this.host.banger('vm', 'cp', this.#tree, 'copier:/root/tree');
    const out = await interleaved(
      1,
      () => this.#clean(() => this.#scp('-rp', 'root@127.0.0.1:/root/tree', this.#back)),
      () => this.#clean(() => this.host.banger('vm', 'cp', 'copier:/root/tree', this.#back)),
    );
    return [
      this.#figure(`copy of ${FILES} files in`, 'scp -r', into),
      this.#figure(`copy of ${FILES} files out`, 'scp -r', out),
    ];
  }

  #figure(name: string, floorName: string, pair: { floor: number[]; product: number[] }): Figure {
    return pairedFigure({ name, floorName, budget: BUDGET }, pair);
  }

  /** What was copied before is gone first, and is written to no disk meanwhile. */
  async #clean(work: () => Promise<unknown>): Promise<number> {
    rmSync(this.#back, { recursive: true, force: true });
    await execInVm(this.client, this.host.socketPath, this.vm, ['sh', '-c', 'rm -rf /root/to; sync']);
    return timed(work);
  }

  async #scp(...args: string[]): Promise<void> {
    const { port, identityFile, knownHostsFile, hostKeyAlias } = await this.client.call('vm.ssh', {
      vm: this.vm,
    });
    const settings = [
      `UserKnownHostsFile=${knownHostsFile}`,
      `HostKeyAlias=${hostKeyAlias}`,
      'IdentitiesOnly=yes',
    ];
    const all = [
      '-q',
      '-P',
      String(port),
      '-i',
      identityFile,
      ...settings.flatMap((one) => ['-o', one]),
      ...args,
    ];
    const { exitCode, output } = await runCommand('scp', all);
    if (exitCode !== 0) throw new Error(`scp ended with ${exitCode}: ${output}`);
  }
}
