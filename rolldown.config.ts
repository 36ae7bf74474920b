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

/**
 * Parts of Nest that the CLI never uses and that cost start-up: the HTTP application, and the console logger with
 * its date formats of the user's locale, although logging is off.
 */
const NEST_STUBS: Readonly<Record<string, string>> = {
  '/nest-application.js': 'export class NestApplication {}',
  '/console-logger.service.js': `export class ConsoleLogger {
    log() {} error() {} warn() {} debug() {} verbose() {} fatal() {} setContext() {} setLogLevels() {}
    resetContext() {} isLevelEnabled() { return false; }
  }`,
};

/** node:crypto takes 5 ms to load; Nest names it for module ids that it then makes in another way. */
const LAZY_CRYPTO = ['createHash', 'createHmac', 'timingSafeEqual', 'randomBytes', 'randomUUID']
  .map((name) => `export const ${name} = (...a) => process.getBuiltinModule('node:crypto').${name}(...a);`)
  .join('\n');

function stubUnused(): Plugin {
  return {
    name: 'stub-unused',
    resolveId(id, importer) {
      if (STUBBED.has(id)) return `\0stub:${id}`;
      if (/nest-commander|nestjs-discovery/.test(importer ?? '') && NEST_USED[id] !== undefined)
        return `\0used:${id}`;
      const nestStub = Object.keys(NEST_STUBS).find((file) => id.endsWith(file));
      if (nestStub !== undefined && /@nestjs/.test(importer ?? '')) return `\0nest:${nestStub}`;
      if (id === 'child_process' && /commander/.test(importer ?? '')) return '\0stub:child_process';
      if (id === 'crypto' && /node_modules/.test(importer ?? '')) return '\0lazy:crypto';
      return null;
    },
    transform(code, id) {
      // a date format of the user's locale, made at import for log lines that are never written: 15 ms
      if (!id.endsWith('/@nestjs/common/services/logger.service.js')) return null;
      const replaced = code.replace(/new Intl\.DateTimeFormat\(undefined, \{[^}]*\}\)/, '{ format: String }');
      if (replaced === code) this.error('the logger of Nest has changed: see rolldown.config.ts');
      return replaced;
    },
    load(id) {
      if (id.startsWith('\0stub:')) return 'module.exports = {};';
      if (id.startsWith('\0used:'))
        return {
          code: `export { ${NEST_USED[id.slice(6)] ?? ''} } from '${id.slice(6)}';`,
          moduleType: 'js',
        };
      if (id === '\0lazy:crypto') return { code: LAZY_CRYPTO, moduleType: 'js' };
      if (id.startsWith('\0nest:')) return { code: NEST_STUBS[id.slice(6)] ?? '', moduleType: 'js' };
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
  // what a module of Nest or of Node does when it is merely imported is of no use here
  treeshake: {
    moduleSideEffects: (id, external) =>
      !external && !/node_modules\/(@nestjs|rxjs|uid|iterare|picocolors)\//.test(id),
  },
  plugins: [stubUnused()],
  output: {
    dir: 'dist/cli-bundle',
    format: 'cjs',
    entryFileNames: 'app.cjs',
    codeSplitting: false,
    sourcemap: false,
  },
});
