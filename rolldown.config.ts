import { resolve } from 'node:path';
import { defineConfig } from 'rolldown';
import type { Plugin } from 'rolldown';

/**
 * Packages that nest-commander drags in and the CLI never runs: prompts, plugins read by cosmiconfig (with prettier
 * and typescript behind it), completion for an editor, file types for HTTP uploads. 15 MB of code without this.
 */
const STUBBED = new Set(['inquirer', 'cosmiconfig', '@fig/complete-commander', 'file-type', 'load-esm']);

/** What nest-commander and its discovery use of Nest; a `require` of the whole package would keep all of it. */
const NEST_USED: Readonly<Record<string, string>> = {
  '@nestjs/common': 'Global, Inject, Injectable, Logger, Module, Scope, SetMetadata',
  '@nestjs/core': 'MetadataScanner, ModulesContainer, NestFactory, REQUEST',
};

/** Parts of Nest that only servers use, each replaced by classes that no command ever makes an instance of. */
const SERVER_PARTS: Readonly<Record<string, string>> = {
  './nest-application.js': 'export class NestApplication {}',
};

function stubUnused(): Plugin {
  return {
    name: 'stub-unused',
    resolveId(id, importer) {
      if (STUBBED.has(id)) return `\0stub:${id}`;
      if (/nest-commander|nestjs-discovery/.test(importer ?? '') && NEST_USED[id] !== undefined)
        return `\0used:${id}`;
      if (importer?.endsWith('/nest-factory.js') && SERVER_PARTS[id] !== undefined) return `\0server:${id}`;
      return null;
    },
    load(id) {
      if (id.startsWith('\0stub:')) return 'module.exports = {};';
      if (id.startsWith('\0used:'))
        return {
          code: `export { ${NEST_USED[id.slice(6)] ?? ''} } from '${id.slice(6)}';`,
          moduleType: 'js',
        };
      if (id.startsWith('\0server:')) return { code: SERVER_PARTS[id.slice(8)] ?? '', moduleType: 'js' };
      return null;
    },
  };
}

// eslint-disable-next-line import/no-default-export -- rolldown reads the default export
export default defineConfig({
  input: { app: 'src/cli/main.ts' },
  platform: 'node',
  tsconfig: 'tsconfig.json',
  external: (id) =>
    /^@nestjs\/(microservices|platform-express|websockets)/.test(id) ||
    ['class-transformer', 'class-validator'].includes(id),
  // its `node` entry is CommonJS, which keeps all 200 operators; Nest uses a dozen
  resolve: {
    alias: {
      rxjs: resolve('node_modules/rxjs/dist/esm/index.js'),
      'rxjs/operators': resolve('node_modules/rxjs/dist/esm/operators/index.js'),
    },
  },
  treeshake: { moduleSideEffects: (id) => !/node_modules\/(@nestjs|rxjs|uid|iterare|picocolors)\//.test(id) },
  plugins: [stubUnused()],
  output: {
    dir: 'dist/cli-bundle',
    format: 'cjs',
    entryFileNames: 'app.cjs',
    codeSplitting: false,
    sourcemap: false,
  },
});
