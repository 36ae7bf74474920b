export { listOf, mapOf, tableOf } from './composite-types.js';
export { parseToml } from './parse-toml.js';
export { decodeSettings, readSettingsFile } from './read-settings-file.adapter.js';
export type { SettingsText } from './read-settings-file.adapter.js';
export { readKeys } from './read-keys.js';
export type { FoundValue, KeySpec } from './read-keys.js';
export type { TomlIssue } from './toml-issue.js';
export {
  absolutePath,
  flag,
  numberRange,
  oneOf,
  relativePath,
  seconds,
  text,
  transformed,
  wholeNumber,
} from './value-types.js';
export type { ValueType } from './value-types.js';
