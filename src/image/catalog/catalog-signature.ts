import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DocumentProblem } from './json-checks.js';

/** ed25519 keys in DER (RFC 8410) are these bytes and the 32 of the key. */
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** `bytes` of a key's or a signature's file */
export const MAX_KEY_BYTES = 4096;

/**
 * The public key of who signs a catalog: base64 of its 32 bytes, as `createSigningKey` shows it, or PEM.
 * @throws DocumentProblem
 */
export function parsePublicKey(text: string): KeyObject {
  try {
    const raw = decodeBase64(text.trim(), KEY_BYTES);
    const key =
      raw === undefined
        ? createPublicKey({ key: publicPem(text), format: 'pem' })
        : createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, raw]), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // nothing of the text is repeated: it may be a private key
  }
  throw new DocumentProblem(
    'the public key is not one of ed25519',
    'give the line that was shown when the key was made: 44 characters of base64, or a file that holds it',
  );
}

/** A private key would do as well, and has no business where only its public half is needed. */
function publicPem(text: string): string {
  if (!text.includes('-----BEGIN PUBLIC KEY-----')) throw new DocumentProblem('not a public key');
  return text;
}

/** `signature`: base64, as it lies in its file. @throws DocumentProblem */
export function verifySignature(content: Buffer, signature: string, key: KeyObject): void {
  const bytes = decodeBase64(signature.trim(), SIGNATURE_BYTES);
  if (bytes === undefined)
    throw new DocumentProblem('its signature is none', 'ask whoever made it to sign it again');
  if (!verify(null, content, key, bytes))
    throw new DocumentProblem(
      'its signature is not by the key that it is to be signed with, or it was changed afterwards',
      'do not use it until whoever made it has told you which is the case; if the key has changed, give the new one',
    );
}

export interface SigningKey {
  /** PKCS #8 */
  readonly privatePem: string;
  /** base64, 44 characters */
  readonly publicKey: string;
}

export function createSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: formatPublicKey(publicKey),
  };
}

/** @throws DocumentProblem */
export function parsePrivateKey(pem: string): { readonly key: KeyObject; readonly publicKey: string } {
  try {
    const key = createPrivateKey({ key: pem, format: 'pem' });
    if (key.asymmetricKeyType === 'ed25519') return { key, publicKey: formatPublicKey(createPublicKey(key)) };
  } catch {
    // what OpenSSL says helps nobody
  }
  throw new DocumentProblem(
    'the private key is not one of ed25519',
    'make one with banger image catalog key',
  );
}

/** As it lies in its file: a line. */
export function signatureOf(content: Buffer, key: KeyObject): string {
  return `${sign(null, content, key).toString('base64')}\n`;
}

function formatPublicKey(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX.length).toString('base64');
}

/** A key as it is shown; all else is the path of a file that has one. */
export const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

/** undefined when it is not the one way to write this many bytes */
function decodeBase64(text: string, bytes: number): Buffer | undefined {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text ? decoded : undefined;
}
