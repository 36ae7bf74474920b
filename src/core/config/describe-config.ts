import type { ConfigSettingView, ConfigView } from '../../contract/system.dto.js';
import { listConfigKeys } from './config-keys.js';
import type { ConfigKey } from './config-keys.js';
import type { Config } from './config.js';

/** The effective configuration, with where each value comes from. */
export function describeConfig({ values, origins }: Config): ConfigView {
  return {
    file: values.configFile,
    fileExists: origins.fileExists,
    mode: values.mode,
    settings: listConfigKeys().map(({ path, spec }): ConfigSettingView => {
      const value = valueAt(values, path);
      const origin = origins.byKey.get(spec.key) ?? { source: 'default' };
      return { key: spec.key, ...(value !== undefined && { value: spec.type.write(value) }), ...origin };
    }),
  };
}

function valueAt(values: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], values);
}

/** A file with every key in it, commented out, with its meaning and its default. */
export function exampleConfig(): string {
  const lines = [
    '# Configuration of banger. Every key is optional; each line that is commented out shows the default.',
  ];
  let section = '';
  for (const { spec } of listConfigKeys()) {
    const table = spec.key.split('.').slice(0, -1).join('.');
    const isArray = spec.type.fields !== undefined;
    if (!isArray && table !== section) lines.push('', `[${table}]`);
    if (!isArray) section = table;
    lines.push('', ...wrap(spec.doc).map((line) => `# ${line}`), ...assignment(spec));
  }
  return `${lines.join('\n')}\n`;
}

function assignment(spec: ConfigKey): string[] {
  if (spec.example !== undefined) return spec.example.split('\n').map((line) => `#${line}`);
  const value = spec.type.write(spec.default(EXAMPLE_FACTS));
  return [`#${spec.key.slice(spec.key.lastIndexOf('.') + 1)} = ${value}`];
}

const EXAMPLE_FACTS = {
  mode: 'root',
  places: { stateDirectory: '/var/lib/banger', runtimeDirectory: '/run/banger' },
} as const;

const WIDTH = 98;

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
