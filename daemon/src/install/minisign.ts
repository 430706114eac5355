import { createPublicKey, verify } from 'node:crypto';

/**
 * minisign's detached signatures (https://jedisct1.github.io/minisign/, "Signature format"): Ed25519 over the file
 * (`Ed`) or over its BLAKE2b-512 (`ED`), and a second one over the first and the trusted comment.
 */
export type MinisignSignature = {
  prehashed: boolean;
  keyId: string;
  signature: Buffer;
  trustedComment: string;
  globalSignature: Buffer;
};

export type MinisignKey = { keyId: string; publicKey: Buffer };

/** Reads a `.minisig` file; undefined where it is none. */
export function parseSignature(text: string): MinisignSignature | undefined {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n');
  const [comment = '', encoded = '', trusted = '', encodedGlobal = ''] = lines;
  if (lines.length !== 4 || !comment.startsWith('untrusted comment: ')) return undefined;
  const trustedComment = /^trusted comment: (.*)$/.exec(trusted)?.[1];
  const bytes = decode(encoded, 74);
  const globalSignature = decode(encodedGlobal, 64);
  const algorithm = bytes?.toString('latin1', 0, 2);
  if (bytes === undefined || globalSignature === undefined || trustedComment === undefined) return undefined;
  if (algorithm !== 'Ed' && algorithm !== 'ED') return undefined;
  return {
    prehashed: algorithm === 'ED',
    keyId: keyIdOf(bytes),
    signature: bytes.subarray(10),
    trustedComment,
    globalSignature,
  };
}

/** Reads a public key as minisign prints it, in base64; undefined where it is none. */
export function parseKey(encoded: string): MinisignKey | undefined {
  const bytes = decode(encoded, 42);
  if (bytes === undefined || bytes.toString('latin1', 0, 2) !== 'Ed') return undefined;
  return { keyId: keyIdOf(bytes), publicKey: bytes.subarray(10) };
}

/**
 * Whether a key has signed both the message and the trusted comment. The message is the file itself, or its BLAKE2b-512
 * where the signature is `prehashed`.
 */
export function isSignedBy({ publicKey }: MinisignKey, signed: MinisignSignature, message: Buffer): boolean {
  const x = publicKey.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const comment = Buffer.concat([signed.signature, Buffer.from(signed.trustedComment)]);
  return verify(null, message, key, signed.signature) && verify(null, comment, key, signed.globalSignature);
}

function decode(encoded: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length === length && bytes.toString('base64') === encoded ? bytes : undefined;
}

/** As minisign shows it: the eight bytes are a little-endian number, without zeros before it. */
function keyIdOf(bytes: Buffer): string {
  return bytes.readBigUInt64LE(2).toString(16).toUpperCase();
}
