import { describe, expect, it } from 'vitest';
import {
  createSigningKey,
  parsePrivateKey,
  parsePublicKey,
  PUBLIC_KEY,
  signatureOf,
  verifySignature,
} from './catalog-signature.js';

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

describe('signatures of catalogs', () => {
  it('are those of RFC 8032', () => {
    const key = parsePublicKey(base64('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'));
    const signature = base64(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    expect(() => verifySignature(Buffer.from([0x72]), `${signature}\n`, key)).not.toThrow();
    expect(() => verifySignature(Buffer.from([0x73]), signature, key)).toThrow(/not by the key/);
  });

  it('come from a key and are checked with its public half alone', () => {
    const { privatePem, publicKey } = createSigningKey();
    const { key, publicKey: again } = parsePrivateKey(privatePem);
    expect(again).toBe(publicKey);
    expect(publicKey).toMatch(PUBLIC_KEY);
    const content = Buffer.from('a catalog');
    expect(() =>
      verifySignature(content, signatureOf(content, key), parsePublicKey(publicKey)),
    ).not.toThrow();
    const other = parsePublicKey(createSigningKey().publicKey);
    expect(() => verifySignature(content, signatureOf(content, key), other)).toThrow(/not by the key/);
  });

  it('are not checked with a private key, nor with one of another kind', () => {
    expect(() => parsePublicKey(createSigningKey().privatePem)).toThrow(/public key is not one of ed25519/);
    expect(() => parsePublicKey('')).toThrow(/public key/);
    expect(() => parsePublicKey(`${'A'.repeat(42)}B=`)).toThrow(/public key/);
    expect(() => parsePrivateKey('x')).toThrow(/private key/);
  });
});
