import { defineConfig } from 'rolldown';
import type { Plugin } from 'rolldown';

/**
 * Packages that nest-commander drags in and the CLI never runs: prompts, plugins read by cosmiconfig (with prettier
 * and typescript behind it), completion for an editor, file types for HTTP uploads. 15 MB of code without this.
 */
const STUBBED = new Set(['inquirer', 'cosmiconfig', '@fig/complete-commander', 'file-type', 'load-esm']);

function stubUnused(): Plugin {
  return {
    name: 'stub-unused',
    resolveId: (id) => (STUBBED.has(id) ? `\0stub:${id}` : null),
    load: (id) => (id.startsWith('\0stub:') ? 'module.exports = {};' : null),
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
  plugins: [stubUnused()],
  output: {
    dir: 'dist/cli-bundle',
    format: 'cjs',
    entryFileNames: 'app.cjs',
    codeSplitting: false,
    sourcemap: false,
  },
});
