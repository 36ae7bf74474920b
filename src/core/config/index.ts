export { childEnvironment } from './child-environment.js';
export { Config } from './config.js';
export type { ConfigValues, Mode } from './config.js';
export { ConfigModule } from './config.module.js';
export { loadConfig } from './load-config.adapter.js';
