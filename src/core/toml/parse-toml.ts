import { KeyLocator, MAX_NESTING } from './key-locator.js';
import { shorten } from './toml-issue.js';
import type { TomlIssue } from './toml-issue.js';

export type TomlTable = Readonly<Record<string, unknown>>;

export interface TomlDocument {
  readonly table: TomlTable;
  readonly places: KeyLocator;
}

export type ParsedToml = { readonly document: TomlDocument } | { readonly issue: TomlIssue };

/** Characters of the offending line on either side of the fault. */
const CONTEXT = 30;

/** A syntax error is an issue with its line; whatever else the text may be, this returns. */
export async function parseToml(text: string): Promise<ParsedToml> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    const table = parse(text, { maxDepth: MAX_NESTING });
    return { document: { table, places: new KeyLocator(text) } };
  } catch (error) {
    if (!(error instanceof TomlError)) return { issue: { message: 'is no TOML that can be read' } };
    const { line, column } = error;
    const [sentence = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    const shown = text.split('\n', line)[line - 1]?.slice(Math.max(0, column - CONTEXT), column + CONTEXT);
    return {
      issue: { line, column, message: `is no valid TOML: ${sentence}, in ${quote(shown ?? '')}` },
    };
  }
}

function quote(text: string): string {
  return JSON.stringify(text.trim());
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A value in a message: short, and on one line. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(shorten(value))}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'an array';
  return value instanceof Date ? 'a date' : 'a table';
}
