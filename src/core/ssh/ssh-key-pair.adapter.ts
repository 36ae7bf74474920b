export interface SshKeyPair {
  /** OpenSSH private key file, without passphrase */
  readonly privateKey: string;
  /** one line as in authorized_keys, with the comment, without newline */
  readonly publicKey: string;
}

/** A new ed25519 key pair in OpenSSH's formats; 1 to 4 ms. */
export async function generateSshKeyPair(comment: string): Promise<SshKeyPair> {
  const { default: ssh2 } = await import('ssh2');
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  return { privateKey: pair.private, publicKey: pair.public.trim() };
}
