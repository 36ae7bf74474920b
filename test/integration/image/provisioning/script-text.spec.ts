import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { GuestFile } from '../../../../src/image/guest/guest-file.js';
import { environmentFile } from '../../../../src/image/metadata/image-environment.js';
import { provisionedFiles } from '../../../../src/image/provisioning/provisioned-files.js';
import { provisioningScript } from '../../../../src/image/provisioning/provisioning-script.js';

function text(file: GuestFile): string {
  return 'content' in file ? file.content : '';
}

const FILES = provisionedFiles(
  { init: 'openrc', sshUnit: 'sshd' },
  { diskBytes: 1024, workBytes: 512, environment: {} },
);
const SCRIPTS: [string, string][] = [
  ['the provisioning script', provisioningScript()],
  ...FILES.filter((file) => /^#!.*(sh|openrc-run)\n/.test(text(file)) || file.path.endsWith('.sh')).map(
    (file): [string, string] => [file.path, text(file)],
  ),
];

it('has the scripts of OpenRC among those that it looks at', () => {
  expect(SCRIPTS.length).toBeGreaterThan(5);
});

describe.each([['dash'], ['bash', '--posix'], ['busybox', 'sh']])('%s', (file, ...args) => {
  it.each(SCRIPTS)('reads %s', (_, script) => {
    const { status, stderr } = spawnSync(file, [...args, '-n'], { input: script, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('gives each variable of an image its value, byte for byte', () => {
    const environment = { A: `$(id) \`id\` '"\\ %s`, B: 'two\nlines', C: '', D: 'ä €' };
    const script = `${text(environmentFile(environment))}printf '%s\\0' "$A" "$B" "$C" "$D"`;
    const { stdout } = spawnSync(file, [...args, '-c', script], { encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(Object.values(environment));
  });
});

const shellcheck = spawnSync('shellcheck', ['--version']).status === 0;

// SC2317: functions that are called by name; SC2015: `a && b || refuse`, where refuse does not return
it.skipIf(!shellcheck)(
  'has no unquoted expansion, nor anything else that shellcheck knows (where it is installed)',
  () => {
    const options = ['--shell=sh', '--exclude=SC2317,SC2015', '--format=gcc', '-'];
    const { stdout } = spawnSync('shellcheck', options, { input: provisioningScript(), encoding: 'utf8' });
    expect(stdout).toBe('');
  },
);
