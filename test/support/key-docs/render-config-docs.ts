import { listConfigKeys } from '../../../src/core/config/index.js';
import type { ConfigKey } from '../../../src/core/config/index.js';
import { renderKey } from './render-keys.js';

const INTRODUCTION = `# Configuration

This page is made from the table of keys; \`sh scripts/generate-docs.sh\` writes it.

banger runs without any configuration. What is to be otherwise stands in a TOML file: \`/etc/banger/config.toml\` for
the daemon of root, \`$XDG_CONFIG_HOME/banger/config.toml\` (\`~/.config/banger/config.toml\`) in user mode, or the file
that \`BANGER_CONFIG\` names. Some keys have an environment variable, which comes before the file.

\`\`\`sh
banger config example > config.toml   # every key, its meaning and its default
banger config check config.toml       # every error, with its line; exit status 2 when there is one
banger config show                    # what is in force, and where each value comes from
\`\`\`

The file is read when the daemon starts, and by each command of the command line. A daemon does not start with a file
that has errors, and an unknown key is one. \`banger config show\` tells when the running daemon was started with other
values; \`banger daemon stop\` and the next command start it anew, while VMs go on.

## Keys
`;

/** docs/configuration.md */
export function renderConfigDocs(): string {
  const keys = listConfigKeys().map(({ spec }) => renderKey(spec, factsOf(spec)));
  return `${INTRODUCTION}\n${keys.join('\n')}`;
}

function factsOf(spec: ConfigKey): [string, string | undefined][] {
  return [
    ['default', spec.defaultText ?? `\`${spec.type.write(spec.default(FACTS))}\``],
    ['environment', spec.variable === undefined ? undefined : `\`${spec.variable}\``],
  ];
}

const FACTS = { mode: 'root', places: { stateDirectory: '', runtimeDirectory: '' } } as const;
