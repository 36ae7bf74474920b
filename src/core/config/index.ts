export { childEnvironment } from './child-environment.js';
export { Config } from './config.js';
export type { ConfigValues, Mode } from './config.js';
export { loadConfig } from './load-config.adapter.js';
