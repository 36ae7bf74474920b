import { describe, expect, it } from 'vitest';
import type { GuestFile } from '../guest/guest-file.js';
import { guestFiles } from '../guest/guest-files.js';
import { provisionedFiles } from './provisioned-files.js';

const facts = {
  diskBytes: 1024,
  workBytes: 512,
  environment: { PATH: '/opt/bin:/bin', GREETING: "it's here" },
};
const SYSTEMD = { init: 'systemd', sshUnit: 'ssh' } as const;
const FEDORA = { init: 'systemd', sshUnit: 'sshd' } as const;
const OPENRC = { init: 'openrc', sshUnit: 'sshd' } as const;

function content(files: readonly GuestFile[], path: string): string | undefined {
  const file = files.find((candidate) => candidate.path === path);
  return file !== undefined && 'content' in file ? file.content : undefined;
}

describe.each([SYSTEMD, FEDORA, OPENRC])('files of $init with $sshUnit', (outcome) => {
  const files = provisionedFiles(outcome, facts);

  it('names each file once, and all within the root', () => {
    const paths = files.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    for (const path of paths) expect(path).toMatch(/^(etc|usr|var)\/(?!.*\.\.)/);
  });

  it('gives the image its environment before that of the VM', () => {
    expect(content(files, 'etc/banger/image-environment')).toBe(
      "export PATH=/opt/bin:/bin\nexport GREETING='it'\\''s here'\n",
    );
    const profile = content(files, 'etc/profile.d/banger.sh') ?? '';
    expect(profile.indexOf('/etc/banger/image-environment')).toBeGreaterThan(0);
    expect(profile.indexOf('/etc/banger/image-environment')).toBeLessThan(
      profile.indexOf('. /etc/banger/environment'),
    );
    expect(content(files, 'etc/ssh/sshd_config.d/00-banger.conf')).toContain(
      '\nSetEnv "PATH=/opt/bin:/bin" "GREETING=it\'s here"\n',
    );
  });
});

it('starts what systemd starts in the default image, in the same order', () => {
  const mine = provisionedFiles(SYSTEMD, facts);
  const theirs = guestFiles(facts).filter(({ path }) => path.startsWith('etc/systemd/'));
  expect(theirs.length).toBeGreaterThan(80);
  for (const file of theirs) expect(mine).toContainEqual(file);
});

it("calls sshd's unit by the name that the distribution has for it, everywhere", () => {
  const texts = JSON.stringify(provisionedFiles(FEDORA, facts));
  expect(texts).toContain('etc/systemd/system/sysinit.target.wants/sshd.service');
  expect(texts).not.toMatch(/[^d]\bssh\.service/);
});

it('lays nothing of systemd on OpenRC', () => {
  const files = provisionedFiles(OPENRC, facts);
  expect(files.filter(({ path }) => path.includes('systemd'))).toEqual([]);
  expect(content(files, 'etc/ssh/sshd_config.d/00-banger.conf')).not.toContain('UsePAM');
  expect(content(files, 'usr/lib/banger/banger-guest')).toContain(
    ' PATH=/usr/lib/banger/openrc:/usr/local/sbin:',
  );
});
