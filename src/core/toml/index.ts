export { listOf, tableOf } from './composite-types.js';
export { parseToml } from './parse-toml.js';
export { readSettingsFile } from './read-settings-file.adapter.js';
export { readKeys } from './read-keys.js';
export type { FoundValue, KeySpec } from './read-keys.js';
export type { TomlIssue } from './toml-issue.js';
export { absolutePath, numberRange, oneOf, seconds, text, wholeNumber } from './value-types.js';
