import { readFileSync } from 'node:fs';
import { textOfBytes } from './text-of-bytes.js';

const NUL = 0;
/** what Node puts in the place of bytes that are no UTF-8 */
const REPLACED = '\ufffd';

/** What this process was started with, as the contract writes bytes that are no UTF-8. */
export interface ProcessWords {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Arguments and variables as they were given. Node decodes both as UTF-8 and loses every other byte: where it may have
 * done so the kernel is asked.
 */
export function processWords(argv: readonly string[], env: NodeJS.ProcessEnv): ProcessWords {
  return {
    argv: argv.some(isReplaced) ? rawArguments(argv) : argv,
    env: Object.values(env).some(isReplaced) ? rawEnvironment(env) : env,
  };
}

function isReplaced(text: string | undefined): boolean {
  return text?.includes(REPLACED) === true;
}

/** Node and its own options come first; how many, this process does not know. */
function rawArguments(argv: readonly string[]): readonly string[] {
  const all = readWords('/proc/self/cmdline');
  return all.length < argv.length ? argv : all.slice(all.length - argv.length);
}

function rawEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  const raw = readWords('/proc/self/environ').map((word) => {
    const equals = word.indexOf('=');
    return [word.slice(0, equals), word.slice(equals + 1)] as const;
  });
  return { ...env, ...Object.fromEntries(raw) };
}

function readWords(path: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return []; // without /proc what Node has must do
  }
  const words: string[] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(NUL, start);
    if (end === -1) end = bytes.length;
    words.push(textOfBytes(bytes.subarray(start, end)));
  }
  return words;
}
