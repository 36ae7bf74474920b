export interface SshKeyPair {
  /** OpenSSH private key file, without passphrase */
  readonly privateKey: string;
  /** one line as in authorized_keys, with the comment, without newline */
  readonly publicKey: string;
}

/** ed25519: a public key has 32 bytes, a private one is a seed of 32 and the public key again */
const PUBLIC_BYTES = 32;
const PRIVATE_BYTES = 64;

/** A new ed25519 key pair in OpenSSH's formats; 1 to 4 ms. */
export async function generateSshKeyPair(comment: string): Promise<SshKeyPair> {
  const { default: ssh2 } = await import('ssh2');
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    const pair = { privateKey: made.private, publicKey: made.public.trim() };
    if (isWellFormed(pair)) return pair;
  }
}

/**
 * ssh2 1.17 drops the leading zero byte of a key: one pair in some 300 is then refused by OpenSSH ("error in
 * libcrypto"), and a guest whose host key it was never had an SSH server.
 */
export function isWellFormed({ privateKey, publicKey }: SshKeyPair): boolean {
  const publicBlob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  const key = publicBlob.subarray(-PUBLIC_BYTES);
  const lengthAt = publicBlob.length - PUBLIC_BYTES - 4;
  if (lengthAt !== 4 + 'ssh-ed25519'.length || publicBlob.readUInt32BE(lengthAt) !== PUBLIC_BYTES)
    return false;
  const privateBlob = Buffer.from(privateKey.split('\n').slice(1, -1).join(''), 'base64');
  const at = privateBlob.lastIndexOf(Buffer.concat([word(PUBLIC_BYTES), key, word(PRIVATE_BYTES)]));
  const end = at + 4 + PUBLIC_BYTES + 4 + PRIVATE_BYTES;
  return at !== -1 && privateBlob.subarray(end - PUBLIC_BYTES, end).equals(key);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
