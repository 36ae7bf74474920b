import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { BangerError } from '../errors/index.js';
import { Config } from './config.js';
import type { ConfigValues, Mode } from './config.js';
import { parseConfigFile } from './parse-config.js';

/** Reads environment and file. The only reader of process.env; called once per process. @throws ConfigInvalidError */
export async function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  uid: number = process.getuid?.() ?? 0,
): Promise<Config> {
  const mode: Mode = uid === 0 ? 'root' : 'user';
  const places = mode === 'root' ? ROOT_PLACES : userPlaces(env, uid);
  const configFile = resolve(env['BANGER_CONFIG'] ?? places.configFile);
  const text = readIfPresent(configFile, env['BANGER_CONFIG'] !== undefined);
  const file = text === undefined ? {} : await parseConfigFile(configFile, text);
  const values: ConfigValues = {
    mode,
    uid,
    configFile,
    stateDirectory: resolve(env['BANGER_STATE_DIR'] ?? file.stateDirectory ?? places.stateDirectory),
    runtimeDirectory: resolve(env['BANGER_RUNTIME_DIR'] ?? file.runtimeDirectory ?? places.runtimeDirectory),
    logLevel: env['BANGER_LOG_LEVEL'] ?? file.logLevel ?? 'info',
    vmDefaults: { cpus: file.cpus ?? 1, memoryMib: file.memoryMib ?? 1024 },
    // Under software emulation on a busy machine a guest was seen to take 40 s.
    bootTimeoutMs: (file.bootTimeoutSeconds ?? 180) * 1000,
    sshPorts: file.sshPorts ?? { from: 22000, to: 24999 },
    vmmUids: file.vmmUids ?? { from: 780_000, to: 789_999 },
  };
  return new Config(Object.freeze(values));
}

const ROOT_PLACES = {
  configFile: '/etc/banger/config.toml',
  stateDirectory: '/var/lib/banger',
  runtimeDirectory: '/run/banger',
};

function userPlaces(env: NodeJS.ProcessEnv, uid: number): typeof ROOT_PLACES {
  const home = env['HOME'] ?? homedir();
  return {
    configFile: `${env['XDG_CONFIG_HOME'] ?? `${home}/.config`}/banger/config.toml`,
    stateDirectory: `${env['XDG_DATA_HOME'] ?? `${home}/.local/share`}/banger`,
    runtimeDirectory:
      env['XDG_RUNTIME_DIR'] === undefined ? `${tmpdir()}/banger-${uid}` : `${env['XDG_RUNTIME_DIR']}/banger`,
  };
}

function readIfPresent(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !required) return undefined;
    throw new BangerError('CONFIG_INVALID', `the configuration file ${path} cannot be read`, {
      details: { file: path, issues: [(error as Error).message] },
      fix: 'check that the file exists and that you may read it',
      cause: error,
    });
  }
}
