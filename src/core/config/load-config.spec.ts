import { describe, expect, it } from 'vitest';
import { describeConfig, exampleConfig } from './describe-config.js';
import { listConfigKeys } from './config-keys.js';
import { Config } from './config.js';
import { loadConfig } from './load-config.adapter.js';
import { resolveConfig } from './resolve-config.js';
import type { ResolvedConfig } from './resolve-config.js';

const FACTS = { mode: 'root', places: { stateDirectory: '/state', runtimeDirectory: '/run' } } as const;

async function resolved(text: string, env: Record<string, string> = {}): Promise<ResolvedConfig> {
  const result = await resolveConfig({ text, env, facts: FACTS });
  if ('issues' in result) return expect.unreachable(JSON.stringify(result.issues));
  return result;
}

async function issuesOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const result = await resolveConfig({ text, env, facts: FACTS });
  if (!('issues' in result)) return [];
  return result.issues.map(({ line, column, variable, key, message, suggestion }) =>
    [variable ?? `${line}:${column}`, key, message, suggestion && `→ ${suggestion}`]
      .filter(Boolean)
      .join(' '),
  );
}

describe('the configuration file', () => {
  it('sets what it names, and nothing else', async () => {
    const text = [
      'state_directory = "/srv/banger"',
      'vm = { cpus = 2, memory_mib = 2_048 }',
      'vm.boot_timeout_seconds = 60',
      '[network]',
      'ssh_ports = "30000-30099"',
      '[log]',
      'level = "debug"',
    ];
    // an inline table is closed, so the dotted key has to go elsewhere
    expect(await issuesOf(text.join('\n'))).toEqual([expect.stringContaining('3:1 is no valid TOML')]);
    const { values, origins } = await resolved(text.filter((line) => !line.startsWith('vm.')).join('\n'));
    expect(values).toMatchObject({
      stateDirectory: '/srv/banger',
      runtimeDirectory: '/run',
      vmDefaults: { cpus: 2, memoryMib: 2048 },
      bootTimeoutMs: 180_000,
      sshPorts: { from: 30_000, to: 30_099 },
      logLevel: 'debug',
    });
    expect(origins.byKey.get('vm.memory_mib')).toEqual({ source: 'file', line: 2 });
    expect(origins.byKey.get('log.level')).toEqual({ source: 'file', line: 6 });
    expect(origins.byKey.has('vmm.uids')).toBe(false);
  });

  it('is refused with every issue, its line, its column, its key and the key that was meant', async () => {
    const text = [
      '[vm]',
      'cpus = 0',
      '  memroy_mib = 1',
      'memory_mib = "2g"',
      '[network]',
      'ssh_ports = "9-1"',
      '[log]',
      'level = "loud"',
      '[vmm]',
      'uids.from = 3',
      '"uids.to" = 3',
      '[vms]',
      'cpus = 1',
    ].join('\n');
    expect(await issuesOf(text)).toEqual([
      '2:1 vm.cpus must be a whole number from 1 to 1024, not 0',
      '3:3 vm.memroy_mib is not a known key → vm.memory_mib',
      '4:1 vm.memory_mib must be a whole number of MiB from 64 to 16777216, not the text "2g"',
      '6:1 network.ssh_ports must be a range such as "1024-65535", within these bounds, not the text "9-1"',
      '8:1 log.level must be one of "trace", "debug", "info", "warn", "error", "fatal", not the text "loud"',
      '10:1 vmm.uids must be a range such as "1024-4294967293", within these bounds, not a table',
      '11:1 vmm."uids.to" is not a known key → vmm.uids',
      '13:1 vms.cpus is not a known key → vm.cpus',
    ]);
  });

  it.each([
    ['memory_mib = 3', '1:1 memory_mib is not a known key → vm.memory_mib'],
    ['vm.memory = 3', '1:4 vm.memory is not a known key → vm.memory_mib'],
    ['vm = 3', '1:1 vm must be a table, not 3'],
    ['[other]', '1:2 other is not a known key'],
    ['state_directory = "relative"', '1:1 state_directory must be an absolute path'],
    ['state_directory = "/srv/../etc"', '1:1 state_directory must be an absolute path'],
    ['[vm\ncpus = 1', '1:4 is no valid TOML: illegal character in key, in "[vm"'],
    ['a = 1\na = 2', '2:1 is no valid TOML'],
    ['__proto__ = { cpus = 1 }', '1:15 __proto__.cpus is not a known key → vm.cpus'],
  ])('%j: %s', async (text, issue) => {
    expect(await issuesOf(text)).toEqual([expect.stringContaining(issue)]);
  });

  it('names no more issues than one can read, and says how many there are', async () => {
    const issues = await issuesOf(Array.from({ length: 1000 }, (_, index) => `k${index} = 1`).join('\n'));
    expect([issues.length, issues.at(-1)]).toEqual([51, 'undefined:undefined and 950 more']);
  });

  it('the environment comes before it, is checked as well, and counts only when it says something', async () => {
    const env = { BANGER_STATE_DIR: '/env', BANGER_RUNTIME_DIR: '', BANGER_LOG_LEVEL: 'warn' };
    const { values, origins } = await resolved(
      'state_directory = "/file"\nruntime_directory = "/file/run"',
      env,
    );
    expect(values).toMatchObject({ stateDirectory: '/env', runtimeDirectory: '/file/run', logLevel: 'warn' });
    expect(origins.byKey.get('state_directory')).toEqual({
      source: 'environment',
      variable: 'BANGER_STATE_DIR',
    });
    expect(await issuesOf('', { BANGER_LOG_LEVEL: 'loud' })).toEqual([
      expect.stringContaining('BANGER_LOG_LEVEL must be one of "trace"'),
    ]);
  });
});

describe('the example file', () => {
  it('is valid as it is, and with everything in it made real', async () => {
    const example = exampleConfig();
    await resolved(example);
    const real = example.replaceAll(/^#(?! )/gm, '');
    const { origins } = await resolved(real);
    expect([...origins.byKey.keys()].toSorted()).toEqual(
      listConfigKeys()
        .map(({ spec }) => spec.key)
        .toSorted(),
    );
  });
});

describe('loadConfig', () => {
  it('takes the places of the mode, and the environment before them', async () => {
    const root = await loadConfig({ BANGER_CONFIG: '/dev/null' }, 0);
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

  it('what it found can be told, value by value', async () => {
    const { values, origins } = await resolved('[vm]\nboot_timeout_seconds = 60', {
      BANGER_STATE_DIR: '/env',
    });
    const config = new Config({ mode: 'root', uid: 0, configFile: '/c', ...values }, origins);
    const { settings, ...about } = describeConfig(config);
    expect(about).toEqual({ file: '/c', fileExists: true, mode: 'root' });
    expect(settings).toEqual(
      expect.arrayContaining([
        { key: 'vm.boot_timeout_seconds', value: '60', source: 'file', line: 2 },
        { key: 'state_directory', value: '"/env"', source: 'environment', variable: 'BANGER_STATE_DIR' },
        { key: 'network.ssh_ports', value: '"22000-24999"', source: 'default' },
      ]),
    );
  });
});
