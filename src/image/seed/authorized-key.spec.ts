import { expect, it } from 'vitest';
import { keyFingerprint } from './authorized-key.js';

it('has the fingerprint that ssh-keygen -l says', () => {
  const key =
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINlIjGOoAiYNvT2EaCKRtIuGN8I/Ey8hWzQ3jTTHqvR0 banger@host\n';
  expect(keyFingerprint(key)).toBe('SHA256:QCgqOU+oQVUlJ9okY+DoPoF6NSLiTdk2c86Bb5+hEAo');
});
