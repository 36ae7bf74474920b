import { describe, expect, it } from 'vitest';
import type { RpcClient } from '../client/rpc.js';
import { UsageError } from '../usage-error.js';
import { RecipeFiles } from './recipe-files.js';
import type { RecipeFile } from './recipe-files.js';
import { RecipeSender } from './recipe-sender.js';
import type { SentRecipe } from './recipe-sender.js';

class FakeFiles extends RecipeFiles {
  constructor(private readonly files: Readonly<Record<string, Buffer>>) {
    super();
  }

  override read(path: string, maxBytes: number): Promise<RecipeFile> {
    const content = this.files[path];
    if (content === undefined) return Promise.reject(new UsageError(`no ${path}`));
    if (content.length > maxBytes) return Promise.reject(new UsageError(`${path} is too large`));
    return Promise.resolve({ content, executable: path.endsWith('.sh') });
  }
}

function gather(
  [name, recipe]: [(string | undefined)?, string?],
  files: Readonly<Record<string, Buffer>> = {},
  wanted: readonly string[] = [],
): Promise<SentRecipe> {
  const call = (method: string): Promise<unknown> =>
    method === 'image.recipe.check' ? Promise.resolve({ files: wanted }) : Promise.reject(new Error(method));
  return new RecipeSender(new FakeFiles(files)).gather({ call } as Pick<RpcClient, 'call'>, name, recipe);
}

const TEXT = { 'a/web.toml': Buffer.from('text') };

describe('what is sent of a recipe', () => {
  it.each<[[(string | undefined)?, string?], SentRecipe]>([
    [[], {}],
    [['node'], { name: 'node' }],
    [['mine', 'node'], { name: 'mine', ready: 'node' }],
    [[undefined, 'node'], { ready: 'node' }],
    [['a/web.toml'], { name: 'web', recipe: 'text', recipeFile: 'a/web.toml', files: [] }],
    [[undefined, 'a/web.toml'], { name: 'web', recipe: 'text', recipeFile: 'a/web.toml', files: [] }],
    [['mine', 'a/web.toml'], { name: 'mine', recipe: 'text', recipeFile: 'a/web.toml', files: [] }],
  ])('of %j', async (words, sent) => {
    expect(await gather(words, TEXT)).toEqual(sent);
  });

  it('is what it asks for too, from its own directory, each file once', async () => {
    const files = { ...TEXT, 'a/b/run.sh': Buffer.from([0, 255]), 'a/c': Buffer.from('c') };
    const { files: sent } = await gather(['a/web.toml'], files, ['b/run.sh', 'c', 'c']);
    expect(sent).toEqual([
      { path: 'b/run.sh', content: 'AP8=', executable: true },
      { path: 'c', content: 'Yw==' },
    ]);
  });

  it('fits a line: files beyond 2.5 MiB in all are refused', async () => {
    const half = Buffer.alloc(1.25 * 1024 ** 2);
    const files = { ...TEXT, 'a/1': half, 'a/2': half, 'a/3': Buffer.alloc(1) };
    const { files: sent = [] } = await gather(['a/web.toml'], files, ['1', '2']);
    expect(JSON.stringify(sent).length).toBeLessThan(4 * 1024 ** 2 - 3 * 64 * 1024);
    await expect(gather(['a/web.toml'], files, ['1', '2', '3'])).rejects.toThrow('a/3 is too large');
  });

  it('has a name that images can have, and is text', async () => {
    await expect(gather(['./Web App.toml'], { './Web App.toml': Buffer.from('') })).rejects.toMatchObject({
      fix: expect.stringContaining('banger image build NAME --recipe') as string,
    });
    await expect(gather(['./x.toml'], { './x.toml': Buffer.from([0xff]) })).rejects.toThrow('UTF-8');
  });
});
