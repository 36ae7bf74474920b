import { describe, expect, it } from 'vitest';
import { isKind } from '../errors/index.js';
import { loadConfig } from './load-config.adapter.js';
import { parseConfigFile } from './parse-config.js';

async function issuesOf(text: string): Promise<string[]> {
  try {
    await parseConfigFile('/etc/banger/config.toml', text);
  } catch (error) {
    if (isKind(error, 'CONFIG_INVALID')) return error.details.issues;
    throw error;
  }
  return [];
}

describe('the configuration file', () => {
  it('sets what it names', async () => {
    const text = [
      'state_directory = "/srv/banger"',
      '[vm]',
      'cpus = 2',
      'memory_mib = 2048',
      'boot_timeout_seconds = 60',
      '[network]',
      'ssh_ports = "30000-30099"',
      '[log]',
      'level = "debug"',
    ].join('\n');
    expect(await parseConfigFile('config.toml', text)).toEqual({
      stateDirectory: '/srv/banger',
      cpus: 2,
      memoryMib: 2048,
      bootTimeoutSeconds: 60,
      sshPorts: { from: 30_000, to: 30_099 },
      logLevel: 'debug',
    });
  });

  it('is refused with every issue and its key', async () => {
    expect(
      await issuesOf('[vm]\ncpus = 0\nmemroy = 1\n[network]\nssh_ports = "9-1"\n[log]\nlevel = "loud"'),
    ).toEqual([
      'vm.cpus must be a whole number from 1 to 1024',
      'vm.memroy is not a known key',
      'network.ssh_ports must be a range such as "1024-65535"',
      'log.level must be one of trace, debug, info, warn, error, fatal',
    ]);
    expect(await issuesOf('state_directory = "relative"')).toEqual([
      'state_directory must be an absolute path',
    ]);
    expect(await issuesOf('[vm')).toHaveLength(1);
  });
});

describe('loadConfig', () => {
  it('takes the places of the mode, and the environment before them', async () => {
    const root = await loadConfig({}, 0);
    expect([root.values.mode, root.databasePath, root.socketPath]).toEqual([
      'root',
      '/var/lib/banger/banger.db',
      '/run/banger/banger.sock',
    ]);
    const user = await loadConfig(
      { HOME: '/home/ada', XDG_RUNTIME_DIR: '/run/user/1000', BANGER_STATE_DIR: '/srv/b' },
      1000,
    );
    expect([user.values.mode, user.databasePath, user.socketPath]).toEqual([
      'user',
      '/srv/b/banger.db',
      '/run/user/1000/banger/banger.sock',
    ]);
  });
});
