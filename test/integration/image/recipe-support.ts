import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import type { ImageBuildParams, OperationView } from '../../../src/contract/index.js';
import { processesMentioning } from '../../support/processes.js';
import type { PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

export interface RecipeBuild {
  readonly view: OperationView;
  /** titles of the recipe's steps, with those marked that were not run */
  readonly steps: readonly string[];
  readonly output: readonly string[];
}

/** A host on which the image `web` is built from recipes. */
export class RecipeHost {
  private constructor(readonly host: ImageHost) {}

  static async open(packages: PackageFixture): Promise<RecipeHost> {
    return new RecipeHost(await ImageHost.open({ buildHost: packages }));
  }

  /** Proves that nothing is left of any build but its image. */
  async close(): Promise<void> {
    const { host } = this;
    const building = (await host.imageDirectory()).filter((name) => name.startsWith('.'));
    const recorded = (await host.ledger.list())
      .filter(({ owner }) => owner.type === 'image')
      .map(({ key }) => key.split('/').at(-1))
      .toSorted();
    const rows = (await host.images.list()).map(({ id }) => id).toSorted();
    await host.close();
    expect(building).toEqual([]);
    expect(recorded).toEqual(rows);
    expect(await processesMentioning(host.directory)).toEqual([]);
  }

  async build(recipe: string, more: Readonly<Partial<ImageBuildParams>> = {}): Promise<RecipeBuild> {
    const given = Object.fromEntries(Object.entries(more));
    const { view, output } = await this.host.build({ name: 'web', recipe, recipeFile: 'web.toml', ...given });
    const steps = view.steps
      .filter(({ name }) => name.startsWith('recipe.'))
      .map(({ title, detail }) => `${title}${detail === 'cached' ? ' (cached)' : ''}`);
    return { view, steps, output };
  }

  /** The steps of a build that succeeds. */
  async built(...params: Parameters<RecipeHost['build']>): Promise<readonly string[]> {
    const { view, steps } = await this.build(...params);
    expect(view.error).toBeUndefined();
    return steps;
  }

  async debugfs(request: string): Promise<string> {
    const { rootPath } = await this.host.images.require('web');
    return execFileSync('/usr/sbin/debugfs', ['-R', request, rootPath], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  async names(directory: string): Promise<string[]> {
    const listed = await this.debugfs(`ls -p ${directory}`);
    return [...listed.matchAll(/^\/\d+\/\d+\/\d+\/\d+\/([^/]+)\//gm)]
      .map(([, name]) => name ?? '')
      .filter((name) => !name.startsWith('.'));
  }

  stepFiles(): Promise<string[]> {
    return readdir(`${this.host.config.values.stateDirectory}/cache/steps`).catch(() => []);
  }
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
