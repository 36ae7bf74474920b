import { Config, loadConfig } from '../../../src/core/config/index.js';
import type { ConfigValues } from '../../../src/core/config/index.js';

/** The defaults, with what a test wants otherwise. Reads nothing but an empty file. */
export async function testConfig(changes: Partial<ConfigValues> = {}): Promise<Config> {
  const env = { BANGER_CONFIG: '/dev/null', BANGER_STATE_DIR: '/state', BANGER_RUNTIME_DIR: '/run' };
  const { values } = await loadConfig(env, 1000);
  return new Config({ ...values, ...changes });
}
