import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { generateSshKeyPair, isWellFormed } from './ssh-key-pair.adapter.js';

describe('generateSshKeyPair', () => {
  it('never returns one of the malformed pairs that ssh2 makes now and then', async () => {
    // Guards a VM in some 300 whose sshd could not load its host key and never answered.
    for (let made = 0; made < 100; made += 1) {
      expect(isWellFormed(await generateSshKeyPair('root@web'))).toBe(true);
    }
  });

  it('tells a pair whose key lost its leading zeros', () => {
    const seen = new Set<boolean>();
    // Chance decides which comes first, and how many zeros are lost: 1 pair in 256 loses some, 1 of 256 of those loses two.
    // That 5,000 pairs are all alike happens once in a hundred million runs.
    for (let made = 0; made < 5000 && seen.size < 2; made += 1) {
      const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'x' });
      const whole = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64').length === 51; // octets: RFC 8709 section 4
      expect(isWellFormed({ privateKey: pair.private, publicKey: pair.public.trim() })).toBe(whole);
      seen.add(whole);
    }
    expect(seen.size).toBe(2);
  });
});
