import { existsSync, linkSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ImageView } from '../../../src/contract/index.js';
import type { ChaosHost } from './chaos-host.js';
import type { ImageCommands } from './image-scenarios.js';
import type { Subject } from './interrupt.js';

/** `damaged`: there, with a kernel that was cut off, so that the next build replaces it. */
export type ImageOutcome = 'absent' | 'damaged' | 'whole';

const NAME = 'chaos';
const BUNDLE = 'debian.banger.tar.zst';

/** The one image of a chaos run. */
export class ChaosImage implements Subject<ImageOutcome> {
  readonly commands: ImageCommands;
  /** with a bundle of the run's image, and a catalog of it */
  readonly #shelf: string;

  constructor(private readonly chaos: ChaosHost) {
    this.#shelf = join(chaos.host.directory, 'shelf');
    this.commands = {
      build: ['image', 'build', NAME],
      import: ['image', 'import', join(this.#shelf, BUNDLE), '--name', NAME],
      pull: ['image', 'pull', 'debian', '--catalog', this.#shelf, '--name', NAME],
    };
    this.#takePackages();
  }

  async bring(to: ImageOutcome): Promise<void> {
    await this.#makeCatalog();
    const image = await this.#find();
    if (to === 'absent') {
      if (image !== undefined) await this.#succeed(['image', 'delete', NAME]);
      return;
    }
    if (image === undefined) await this.#succeed(this.commands.build);
    if (to === 'damaged') truncateSync(await this.#kernel(), 0);
  }

  /** A whole one is used: a VM starts from it. */
  async outcome(): Promise<ImageOutcome> {
    if ((await this.#find()) === undefined) return 'absent';
    if (statSync(await this.#kernel()).size === 0) return 'damaged';
    await this.#succeed(['vm', 'create', '--name', 'user', '--memory', '256m', '--image', NAME]);
    await this.#succeed(['vm', 'exec', 'user', '--', 'true']);
    await this.#succeed(['vm', 'delete', '--force', 'user']);
    return 'whole';
  }

  async #find(): Promise<ImageView | undefined> {
    return (await this.chaos.json<ImageView[]>(['image', 'list'])).find(({ name }) => name === NAME);
  }

  async #kernel(): Promise<string> {
    const id = (await this.#find())?.id ?? '';
    return join(this.chaos.host.stateDirectory, 'images', id, 'vmlinux');
  }

  /** The packages of the run's image serve again: what is downloaded and installed for minutes is one step of six. */
  #takePackages(): void {
    const kept = join(process.env['BANGER_TEST_BASE'] ?? '', 'cache/images');
    const cache = join(this.chaos.host.stateDirectory, 'cache/images');
    mkdirSync(cache, { recursive: true });
    if (!existsSync(kept)) return;
    for (const name of readdirSync(kept))
      linkSync(join(kept, name), join(cache, name.replace(/^[a-z]+-/, `${NAME}-`)));
  }

  async #makeCatalog(): Promise<void> {
    if (existsSync(this.#shelf)) return;
    mkdirSync(this.#shelf, { mode: 0o755 });
    const key = join(this.chaos.host.directory, 'catalog.key');
    await this.#succeed(['image', 'export', 'debian', '--output', join(this.#shelf, BUNDLE)]);
    await this.#succeed(['image', 'catalog', 'key', key]);
    await this.#succeed(['image', 'catalog', 'sign', this.#shelf, '--key', key]);
  }

  async #succeed(args: readonly string[]): Promise<void> {
    expect(await this.chaos.banger(args), `banger ${args.join(' ')}`).toMatchObject({ exitCode: 0 });
  }
}
