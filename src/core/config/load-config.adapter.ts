import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { readSettingsFile } from '../toml/index.js';
import { ConfigInvalidError, ConfigUnreadableError } from './config-errors.js';
import type { Mode } from './config-keys.js';
import { Config } from './config.js';
import type { ConfigValues } from './config.js';
import { resolveConfig } from './resolve-config.js';

/** `bytes`; a file of settings is a few hundred */
const MAX_FILE_BYTES = 1024 * 1024;

/** Reads environment and file. The only reader of process.env; called once per process. @throws ConfigInvalidError */
export async function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  uid: number = process.getuid?.() ?? 0,
): Promise<Config> {
  const mode: Mode = uid === 0 ? 'root' : 'user';
  const places = mode === 'root' ? ROOT_PLACES : userPlaces(env, uid);
  const named = given(env['BANGER_CONFIG']);
  const configFile = resolve(named ?? places.configFile);
  const file = readSettingsFile(configFile, MAX_FILE_BYTES);
  if ('problem' in file) throw new ConfigUnreadableError(configFile, file.problem, file.cause);
  if ('missing' in file && named !== undefined) throw new ConfigUnreadableError(configFile, 'does not exist');
  const text = 'text' in file ? file.text : undefined;
  const resolved = await resolveConfig({ text, env, facts: { mode, places } });
  if ('issues' in resolved) throw new ConfigInvalidError(configFile, resolved.issues);
  const values: ConfigValues = { mode, uid, configFile, ...resolved.values };
  return new Config(Object.freeze(values), resolved.origins);
}

const ROOT_PLACES = {
  configFile: '/etc/banger/config.toml',
  stateDirectory: '/var/lib/banger',
  runtimeDirectory: '/run/banger',
};

function userPlaces(env: NodeJS.ProcessEnv, uid: number): typeof ROOT_PLACES {
  const home = given(env['HOME']) ?? homedir();
  const runtime = given(env['XDG_RUNTIME_DIR']);
  return {
    configFile: `${given(env['XDG_CONFIG_HOME']) ?? `${home}/.config`}/banger/config.toml`,
    stateDirectory: `${given(env['XDG_DATA_HOME']) ?? `${home}/.local/share`}/banger`,
    runtimeDirectory: runtime === undefined ? `${tmpdir()}/banger-${uid}` : `${runtime}/banger`,
  };
}

/** An empty variable is as good as none. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
