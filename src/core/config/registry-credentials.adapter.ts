import { homedir } from 'node:os';
import { childEnvironment } from './child-environment.js';

/** Files in which Docker and Podman keep what they log in to registries with, in the order in which they count. */
export function registryCredentialFiles(env: NodeJS.ProcessEnv = process.env): string[] {
  const home = given(env['HOME']) ?? homedir();
  const named = given(env['REGISTRY_AUTH_FILE']);
  const runtime = given(env['XDG_RUNTIME_DIR']);
  return [
    ...(named === undefined ? [] : [named]),
    `${given(env['DOCKER_CONFIG']) ?? `${home}/.docker`}/config.json`,
    ...(runtime === undefined ? [] : [`${runtime}/containers/auth.json`]),
    `${given(env['XDG_CONFIG_HOME']) ?? `${home}/.config`}/containers/auth.json`,
  ];
}

/** Credential helpers are the user's own programs, and find what they need (D-Bus, a keyring, a cloud's profile) where Docker lets them. */
export function credentialHelperEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const own = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(own), PATH: childEnvironment(env)['PATH'] ?? '' };
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
