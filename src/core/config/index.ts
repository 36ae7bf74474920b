export { childEnvironment } from './child-environment.js';
export { DISK_BACKEND_NAMES, listConfigKeys } from './config-keys.js';
export type { ConfigKey, DiskBackendName, Mode } from './config-keys.js';
export { Config, UnusableConfig } from './config.js';
export type { ConfigValues } from './config.js';
export { ConfigModule } from './config.module.js';
export { describeConfig, exampleConfig } from './describe-config.js';
export { loadConfig } from './load-config.adapter.js';
export { credentialHelperEnvironment, registryCredentialFiles } from './registry-credentials.adapter.js';
