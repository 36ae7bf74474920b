import { Config, listConfigKeys, loadConfig } from '../../../src/core/config/index.js';
import type { ConfigValues, Mode } from '../../../src/core/config/index.js';

/** The defaults, with what a test wants otherwise. Reads nothing but an empty file. */
export async function testConfig(changes: Partial<ConfigValues> = {}): Promise<Config> {
  const env = { BANGER_CONFIG: '/dev/null', BANGER_STATE_DIR: '/state', BANGER_RUNTIME_DIR: '/run' };
  const { values } = await loadConfig(env, 1000);
  return new Config({ ...values, ...changes });
}

/** The same at once, for either mode. */
export function plainConfig(mode: Mode, changes: Partial<ConfigValues> = {}): Config {
  const places = { stateDirectory: '/state', runtimeDirectory: '/run' };
  const values: Record<string, unknown> = { mode, uid: mode === 'root' ? 0 : 1000, configFile: '/dev/null' };
  for (const { path, spec } of listConfigKeys()) {
    const [name = '', inner] = path;
    const value = spec.default({ mode, places });
    values[name] = inner === undefined ? value : { ...(values[name] as object), [inner]: value };
  }
  return new Config({ ...(values as unknown as ConfigValues), ...changes });
}
