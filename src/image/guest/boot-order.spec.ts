import { expect, it } from 'vitest';
import { bootOrderFiles } from './boot-order.js';

const files = bootOrderFiles();
const content = (path: string): string => {
  const file = files.find((candidate) => candidate.path === path);
  return file !== undefined && 'content' in file ? file.content : '';
};

it('starts agent, identity and sshd outside of the default order', () => {
  for (const unit of ['qemu-guest-agent', 'banger-guest', 'ssh']) {
    expect(content(`etc/systemd/system/${unit}.service`)).toContain('\nDefaultDependencies=no\n');
    expect(files).toContainEqual({
      path: `etc/systemd/system/sysinit.target.wants/${unit}.service`,
      linkTo: `../${unit}.service`,
    });
  }
  expect(content('etc/systemd/system/banger-guest.service')).toContain(
    'ConditionPathExists=!/run/banger/identity-applied',
  );
});

it('makes the slow units of the early boot wait for sshd', () => {
  for (const unit of ['systemd-journald', 'systemd-udevd', 'systemd-tmpfiles-setup']) {
    expect(content(`etc/systemd/system/${unit}.service.d/10-banger-order.conf`)).toMatch(
      /^After=.*\bssh\.service/m,
    );
  }
});

it('does not take away what makes it a Linux machine', () => {
  const masked = files.flatMap((file) =>
    'linkTo' in file && file.linkTo === '/dev/null' ? [file.path] : [],
  );
  expect(masked.join('\n')).not.toMatch(/logind|dbus|udevd|journald\.service|user@|tmpfiles-setup/);
});

it('names each file once', () => {
  const paths = files.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
});
