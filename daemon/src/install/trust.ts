import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { SnoozeError } from '../errors.ts';
import { digestOf } from './hash-files.ts';
import { isSignedBy, parseKey, parseSignature } from './minisign.ts';

/** What the configuration asks of signatures. */
export type TrustPolicy = Pick<Config['plugins'], 'trusted_keys' | 'require_signature'>;

/** Who has signed a package. */
export type Trust = {
  /** The id of a trusted key, or null for a package without a signature. */
  signed_by: string | null;
  /** In words, for the person who is asked. */
  words: string;
};

/**
 * Checks the signature of a package, a file, against the keys of the configuration.
 * @throws SnoozeError SNOOZE_E_SIGNATURE when there is one that is not right, or none where one must be.
 */
export async function trustIn(
  file: string,
  signature: string | null,
  { trusted_keys: keys, require_signature: required }: TrustPolicy,
): Promise<Trust> {
  if (signature === null) {
    if (required)
      throw untrusted('it is not signed, and plugins.require_signature is on', {
        hint: 'only a tarball, from a file or a URL, can be signed: its signature lies beside it as NAME.tar.gz.minisig',
      });
    return { signed_by: null, words: 'it is not signed: nothing proves who made it' };
  }
  const signed = parseSignature(signature);
  if (signed === undefined) throw untrusted('what lies beside it as .minisig is no signature of minisign');
  const key = keys.flatMap((encoded) => parseKey(encoded) ?? []).find(({ keyId }) => keyId === signed.keyId);
  if (key === undefined)
    throw untrusted(`it is signed with the key ${signed.keyId}, which is not in plugins.trusted_keys`, {
      hint: 'if you trust that key, add its public key there: snooze config set plugins.trusted_keys \'["RW…"]\'',
    });
  const message = signed.prehashed ? await digestOf(file, 'blake2b512') : readFileSync(file);
  if (!isSignedBy(key, signed, message))
    throw untrusted(`its signature with the key ${signed.keyId} is wrong: the package is not the one that was signed`);
  return { signed_by: signed.keyId, words: `by the trusted key ${signed.keyId}: ${signed.trustedComment}` };
}

function untrusted(why: string, options: { hint?: string } = {}): SnoozeError {
  return new SnoozeError('SNOOZE_E_SIGNATURE', `this package is refused: ${why}`, options);
}
