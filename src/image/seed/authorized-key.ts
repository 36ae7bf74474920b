import { createHash } from 'node:crypto';

/** `SHA256:…` of a public key as OpenSSH writes it, as `ssh-keygen -l` says it. */
export function keyFingerprint(publicKey: string): string {
  const [, body = ''] = publicKey.trim().split(/\s+/);
  const hash = createHash('sha256').update(Buffer.from(body, 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}
