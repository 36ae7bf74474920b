import { describe, expect, it } from 'vitest';
import { readProvisioned } from './provisioned.js';

const facts = (...lines: string[]): string => lines.map((line) => `banger-provisioned: ${line}\n`).join('');
const whole = facts(
  'init=systemd',
  'distribution=Debian GNU/Linux 12 (bookworm)',
  'sshd-unit=ssh',
  'packages=11',
);

describe('readProvisioned', () => {
  it('reads what the script has found', () => {
    expect(readProvisioned(whole, 'web')).toEqual({
      init: 'systemd',
      distribution: 'Debian GNU/Linux 12 (bookworm)',
      sshUnit: 'ssh',
      packages: 11,
    });
  });

  it('takes the last of each, whatever was written before', () => {
    const earlier = `${'x'.repeat(9000)}\n${facts('init=openrc', 'distribution=a=b')}`;
    expect(readProvisioned(earlier + whole, 'web').init).toBe('systemd');
  });

  it('bounds the distribution, and makes it one printable line', () => {
    const name = `\u001b[31m${'ä'.repeat(500)}\u202e`;
    const { distribution } = readProvisioned(whole + facts(`distribution=${name}`), 'web');
    expect(distribution).toBe('ä'.repeat(100));
    expect(readProvisioned(whole + facts('distribution=\u0007'), 'web').distribution).toBe('Linux');
  });

  it.each([
    ['nothing', ''],
    ['another init system', whole + facts('init=runit')],
    ['a unit that is a path', whole + facts('sshd-unit=../../etc/x')],
    ['no number', whole + facts('packages=-1')],
  ])('refuses %s', (_, stdout) => {
    expect(() => readProvisioned(stdout, 'web')).toThrow('no machine can be made of the image "web"');
  });
});
