import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, open, writeFile } from 'node:fs/promises';
import { createLogger } from '../../../../src/core/logging/index.js';
import { Config } from '../../../../src/core/config/index.js';
import type { ConfigValues } from '../../../../src/core/config/index.js';
import { NodeProcessRunner } from '../../../../src/core/process/index.js';
import type { RunRequest, RunResult } from '../../../../src/core/process/index.js';
import { LedgerHostDirectories } from '../../../../src/host/directories/host-directories.adapter.js';
import type { ImageService } from '../../../../src/image/index.js';
import { SavedFiles } from '../../../../src/vm/saving/saved-files.adapter.js';
import { TemplateFiles } from '../../../../src/vm/templates/template-files.adapter.js';
import { templateOwner, TemplateStore } from '../../../../src/vm/templates/template-store.js';
import type { TemplateShape } from '../../../../src/vm/templates/template.types.js';
import { configIn } from '../../host/support/host-fixture.js';
import { fixture, scratchDirectory } from '../../operations/support.js';
import type { Fixture } from '../../operations/support.js';

const MIB = 1024 * 1024;
const MEMORY_MIB = 64;
/** what of the memory is no hole */
const USED_BYTES = MIB;

export const ADOPTER = 'digest';

export const SHAPE: TemplateShape = {
  imageId: 'img_one',
  hypervisor: 'qemu',
  version: '7.2.22',
  accelerator: 'tcg',
  layout: 'layout',
  processor: 'processor',
  cpus: 1,
  memoryMib: MEMORY_MIB,
  diskMib: 4096,
  workDiskMib: 1024,
  diskBackend: 'qcow2',
};

/** The real one, which counts what it runs: one program for each digest. */
class CountingRunner extends NodeProcessRunner {
  runs = 0;

  override run(request: RunRequest): Promise<RunResult> {
    this.runs += 1;
    return super.run(request);
  }
}

/** A store of templates as a daemon has it, with images that are nothing but ids. */
export class TemplateBench {
  readonly runner = new CountingRunner();
  readonly imageIds = ['img_one', 'img_two'];
  readonly directories: LedgerHostDirectories;
  store: TemplateStore;
  #tellRemoved: (imageId: string) => Promise<void> = () => Promise.resolve();

  private constructor(
    readonly config: Config,
    private readonly books: Fixture,
  ) {
    this.directories = new LedgerHostDirectories(config, books.ledger);
    books.ledger.registerUndo('directory', ({ key }) => this.directories.remove(key));
    books.ledger.registerUndo('uid', () => Promise.resolve());
    this.store = this.startDaemon();
  }

  static async open(changes: Partial<ConfigValues> = {}): Promise<TemplateBench> {
    const directory = scratchDirectory();
    await chmod(directory, 0o711);
    const bench = new TemplateBench(await configIn(directory, changes), await fixture());
    await bench.directories.prepareRoots();
    return bench;
  }

  get ledger(): Fixture['ledger'] {
    return this.books.ledger;
  }

  /** The store of the next daemon, which knows nothing yet. */
  startDaemon(changes: Partial<ConfigValues> = {}): TemplateStore {
    const config = new Config({ ...this.config.values, ...changes });
    const images = {
      list: async () => this.imageIds.map((id) => ({ id })),
      onRemoved: (listener: (imageId: string) => Promise<void>) => (this.#tellRemoved = listener),
    } as unknown as ImageService;
    const files = new TemplateFiles(config, new SavedFiles(config, this.runner));
    const logger = createLogger({ level: 'silent' });
    this.store = new TemplateStore(config, this.ledger, this.directories, files, images, logger);
    return this.store;
  }

  async removeImage(id: string): Promise<void> {
    this.imageIds.splice(this.imageIds.indexOf(id), 1);
    await this.#tellRemoved(id);
  }

  /** What a machine leaves that was saved, where its VM would be. @returns its directory, and its disks */
  async save(id: string): Promise<{ directory: string; disks: string[] }> {
    const directory = this.config.vmDirectory(id);
    await this.directories.make(directory, { owner: templateOwner(id), mode: 0o711 });
    const memory = await open(`${directory}/memory`, 'wx', 0o600);
    await memory.write(randomBytes(USED_BYTES), 0, USED_BYTES, 8 * MIB);
    await memory.truncate(MEMORY_MIB * MIB);
    await memory.close();
    await writeFile(`${directory}/state`, randomBytes(10_000), { mode: 0o600 });
    const disks = ['root', 'work'].map((name) => `${directory}/${name}.qcow2`);
    for (const disk of disks) await writeFile(disk, randomBytes(200_000), { mode: 0o600 });
    for (const rest of ['console.log', 'vmm.log']) await writeFile(`${directory}/${rest}`, 'rest');
    return { directory, disks };
  }

  /** @returns the directory of the template */
  async publish(id: string, changes: Partial<TemplateShape> = {}): Promise<string> {
    const { directory, disks } = await this.save(id);
    await this.store.publish(directory, { id, shape: { ...SHAPE, ...changes }, disks, adopter: ADOPTER });
    return this.path(id);
  }

  path(id: string): string {
    return this.config.templateDirectory(id);
  }

  isThere(id: string): boolean {
    return existsSync(this.path(id));
  }

  /** Ids of the templates in the store, then on the disk, then in the books. */
  async everywhere(): Promise<{ store: string[]; disk: string[]; books: string[] }> {
    return {
      store: this.store.list().map(({ template }) => template.id),
      disk: readdirSync(this.config.templatesDirectory).toSorted(),
      books: (await this.ledger.list()).map(({ key }) =>
        key.replace(`${this.config.templatesDirectory}/`, ''),
      ),
    };
  }
}
