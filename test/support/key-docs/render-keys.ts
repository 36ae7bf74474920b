import type { KeySpec } from '../../../src/core/toml/index.js';

/** A section for each key, and one row for each key of the tables that it is made of. */
export function renderKey(spec: KeySpec, facts: readonly (readonly [string, string | undefined])[]): string {
  const { fields, what } = spec.type;
  const lines = [`### \`${spec.key}\``, '', spec.doc, ''];
  const all: [string, string | undefined][] = [
    ['must be', what],
    ...facts.map(([name, text]): [string, string | undefined] => [name, text]),
  ];
  for (const [name, text] of all) if (text !== undefined) lines.push(`- ${name}: ${text}`);
  if (fields !== undefined) {
    lines.push('', '| Key | Must be | Meaning |', '| --- | --- | --- |');
    for (const [name, { type, doc, optional }] of Object.entries(fields))
      lines.push(`| \`${name}\`${optional === true ? ' (optional)' : ''} | ${type.what} | ${doc} |`);
  }
  if (spec.example !== undefined) lines.push('', '```toml', spec.example, '```');
  return `${lines.join('\n')}\n`;
}
