import { resolve } from 'node:path';
import { defineConfig } from 'rolldown';
import type { Plugin } from 'rolldown';

/** Parts of Nest that the daemon never runs; what they bring along is most of Nest. */
const NEST_STUBS: Readonly<Record<string, string>> = {
  '/nest-application.js': 'export class NestApplication {}',
};

/** Loaded by Nest only for features that banger does not use. */
const OPTIONAL = [
  /^@nestjs\/(platform-|websockets)/,
  /^@grpc\//,
  /^@nats-io\//,
  /^(amqplib|amqp-connection-manager|cpu-features|ioredis|kafkajs|mqtt|nats)$/,
  /\.node$/,
];

/**
 * The whole of class-validator costs a daemon 19 MiB, most of it the telephone numbers of every country. From its
 * ES modules only what the contract uses stays; Nest's own pipe, which imports all of it, is not used.
 */
function onlyWhatIsUsed(): Plugin {
  return {
    name: 'only-what-is-used',
    resolveId(id, importer = '') {
      const nest = importer.includes('/@nestjs/');
      if (id === 'class-validator' || id === 'class-transformer')
        return nest ? `\0stub:${id}` : resolve(`node_modules/${id}/esm2015/index.js`);
      const [, check] = /^validator\/lib\/(\w+)$/.exec(id) ?? [];
      if (check !== undefined) return resolve(`node_modules/validator/es/lib/${check}.js`);
      const nestStub = Object.keys(NEST_STUBS).find((file) => id.endsWith(file));
      return nest && nestStub !== undefined ? `\0stub:${nestStub}` : null;
    },
    load(id) {
      if (!id.startsWith('\0stub:')) return null;
      return { code: NEST_STUBS[id.slice('\0stub:'.length)] ?? 'export {};', moduleType: 'js' };
    },
  };
}

/** Prisma's query compiler as a file of its own: within the bundle its base64 would stay in memory, 2 MiB twice. */
function wasmAsFile(): Plugin {
  const fileName = 'query-compiler.wasm';
  const load = /const \{ wasm \} = await import\("([^"]+)"\);?\s+return await decodeBase64AsWasm\(wasm\)/;
  return {
    name: 'wasm-as-file',
    async transform(code, id) {
      if (!id.endsWith('/generated/internal/class.js')) return null;
      const [statement, module] = load.exec(code) ?? [];
      if (statement === undefined || module === undefined)
        return this.error('the client that Prisma generates has changed: see rolldown.daemon.config.ts');
      const { wasm } = (await import(module)) as { wasm: string };
      this.emitFile({ type: 'asset', fileName, source: Buffer.from(wasm, 'base64') });
      const read = `process.getBuiltinModule('node:fs').readFileSync(__dirname + '/${fileName}')`;
      return code.replace(statement, `return new WebAssembly.Module(${read})`);
    },
  };
}

/** One character beyond Latin-1 makes V8 keep all of the text at two bytes a character. */
function asciiOnly(): Plugin {
  const escape = (text: string): string =>
    text.replaceAll(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { name: 'ascii-only', renderChunk: (code) => escape(code) };
}

/** The daemon as one file, made from what `nest build` has checked and compiled: less memory, and a quicker start. */
// eslint-disable-next-line import/no-default-export -- rolldown reads the default export
export default defineConfig({
  input: { app: 'dist/daemon/main.js' },
  platform: 'node',
  external: (id) => OPTIONAL.some((pattern) => pattern.test(id)),
  // its `node` entry is CommonJS, which keeps all 200 operators
  resolve: {
    alias: {
      rxjs: resolve('node_modules/rxjs/dist/esm/index.js'),
      'rxjs/operators': resolve('node_modules/rxjs/dist/esm/operators/index.js'),
    },
  },
  treeshake: {
    moduleSideEffects: (id, external) =>
      !external &&
      !/node_modules\/(@nestjs|rxjs|uid|iterare|class-validator|class-transformer|libphonenumber-js|validator)\//.test(
        id,
      ),
  },
  plugins: [onlyWhatIsUsed(), wasmAsFile(), asciiOnly()],
  output: {
    dir: 'dist/daemon-bundle',
    format: 'cjs',
    entryFileNames: 'app.cjs',
    codeSplitting: false,
    comments: false,
    sourcemap: false,
  },
});
