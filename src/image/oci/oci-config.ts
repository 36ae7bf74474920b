import {
  checkText,
  digestIn,
  DocumentProblem,
  objectIn,
  optionalObject,
  optionalText,
  parseDocument,
  textIn,
  textsIn,
} from './json-document.js';
import type { JsonObject } from './json-document.js';

const MAX_VARIABLES = 1024;
const MAX_VARIABLE = 128 * 1024;
const MAX_WORDS = 1024;
const MAX_WORD = 128 * 1024;
const MAX_LABELS = 1024;
const MAX_LABEL = 64 * 1024;
const MAX_PATH = 4096;

/** What an image says of how it is run. All of it is the publisher's word: text of bounded length without NULs, no more. */
export interface OciConfig {
  readonly architecture: string;
  readonly os: string;
  /** `NAME=value` each */
  readonly env: readonly string[];
  /** `name`, `uid`, or either with `:group`; empty for root */
  readonly user: string;
  /** empty when none is named */
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `sha256:HEX` of each layer as a tar archive, lowest first */
  readonly diffIds: readonly string[];
  /** as the publisher writes it, mostly RFC 3339 */
  readonly created?: string;
}

/** @throws DocumentProblem */
export function parseConfig(content: Buffer, layerCount: number): OciConfig {
  const document = parseDocument(content);
  const config = optionalObject(document, 'config');
  const created = optionalText(document, 'created', 64);
  return {
    architecture: textIn(document, 'architecture', 64),
    os: textIn(document, 'os', 64),
    env: readEnv(config),
    user: optionalText(config, 'User', 256),
    workdir: optionalText(config, 'WorkingDir', MAX_PATH),
    entrypoint: textsIn(config, 'Entrypoint', { items: MAX_WORDS, length: MAX_WORD }),
    cmd: textsIn(config, 'Cmd', { items: MAX_WORDS, length: MAX_WORD }),
    labels: readLabels(config),
    diffIds: readDiffIds(document, layerCount),
    ...(created !== '' && { created }),
  };
}

/** Docker lets names stand without a value; they mean nothing in an image. */
function readEnv(config: JsonObject): string[] {
  return textsIn(config, 'Env', { items: MAX_VARIABLES, length: MAX_VARIABLE }).filter((variable) =>
    /^[^=]+=/.test(variable),
  );
}

function readLabels(config: JsonObject): Record<string, string> {
  const labels = Object.entries(optionalObject(config, 'Labels'));
  if (labels.length > MAX_LABELS) throw new DocumentProblem(`it has more than ${MAX_LABELS} labels`);
  return Object.fromEntries(
    labels.map(([name, value]) => {
      if (typeof value !== 'string') throw new DocumentProblem('a label of it is no text');
      return [checkText(name, 'Labels', MAX_LABEL), checkText(value, 'Labels', MAX_LABEL)];
    }),
  );
}

function readDiffIds(document: JsonObject, layerCount: number): string[] {
  const rootfs = objectIn(document, 'rootfs');
  if (textIn(rootfs, 'type', 64) !== 'layers') throw new DocumentProblem('"rootfs.type" is not "layers"');
  const ids = textsIn(rootfs, 'diff_ids', { items: 10_000, length: 256 });
  if (ids.length !== layerCount)
    throw new DocumentProblem(`it describes ${ids.length} layers, the manifest names ${layerCount}`);
  return ids.map((id) => digestIn({ diff_ids: id }, 'diff_ids'));
}
