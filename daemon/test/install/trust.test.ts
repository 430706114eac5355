import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { SnoozeError } from '../../src/errors.ts';
import { parseKey, parseSignature } from '../../src/install/minisign.ts';
import { type TrustPolicy, trustIn } from '../../src/install/trust.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const skip = requires('minisign');
const CONTENTS = Buffer.from('the package');

/** Checks the signature of these contents, in a file of their own. */
function check(t: TestContext, contents: Buffer, signature: string | null, policy: TrustPolicy) {
  const file = join(temporaryDirectory(t), 'package.tar.gz');
  writeFileSync(file, contents);
  return trustIn(file, signature, policy);
}

/** A key made by the real minisign, and what it signs. */
function signer(t: TestContext) {
  const directory = temporaryDirectory(t);
  const at = (name: string) => join(directory, name);
  const minisign = (...args: string[]) => execFileSync('minisign', args, { encoding: 'utf8' });
  minisign('-G', '-W', '-p', at('key.pub'), '-s', at('key'));
  const [comment = '', key = ''] = readFileSync(at('key.pub'), 'utf8').split('\n');
  return {
    key,
    comment,
    sign(contents: Buffer, ...more: string[]) {
      writeFileSync(at('file'), contents);
      minisign('-S', '-s', at('key'), '-m', at('file'), '-t', 'mine 1.0.0', ...more);
      return readFileSync(at('file.minisig'), 'utf8');
    },
  };
}

const trusting = (...keys: string[]) => ({ trusted_keys: keys, require_signature: false });
const refusedWith = (expected: RegExp) => (error: unknown) =>
  error instanceof SnoozeError && error.code === 'SNOOZE_E_SIGNATURE' && expected.test(error.message);

for (const [kind, ...flags] of [['prehashed'], ['legacy', '-l']] as const) {
  test(`a ${kind} signature of the real minisign is taken with its key, among others, and the key is named`, {
    skip,
  }, async (t) => {
    const { key, sign } = signer(t);
    const trust = await check(t, CONTENTS, sign(CONTENTS, ...flags), trusting(signer(t).key, key));
    assert.equal(trust.signed_by, parseKey(key)?.keyId);
    assert.match(trust.words, /^by the trusted key [0-9A-F]+: mine 1\.0\.0$/);
  });

  test(`a ${kind} signature is wrong for any other package, with any other comment, and by any other key`, {
    skip,
  }, async (t) => {
    const { key, sign } = signer(t);
    const other = signer(t);
    const text = sign(CONTENTS, ...flags);
    await assert.rejects(
      check(t, Buffer.from('the packagE'), text, trusting(key)),
      refusedWith(/is not the one that was signed/),
    );
    const lied = text.replace('mine 1.0.0', 'mine 9.0.0');
    await assert.rejects(check(t, CONTENTS, lied, trusting(key)), refusedWith(/is wrong/));
    await assert.rejects(check(t, CONTENTS, text, trusting(other.key)), refusedWith(/is not in plugins\.trusted_keys/));
    await assert.rejects(check(t, CONTENTS, text, trusting()), refusedWith(/is not in plugins\.trusted_keys/));
    // the id of one key in the public key of another
    const [mine, theirs] = [key, other.key].map((encoded) => Buffer.from(encoded, 'base64'));
    const forged = Buffer.concat([mine?.subarray(0, 10) ?? CONTENTS, theirs?.subarray(10) ?? CONTENTS]).toString(
      'base64',
    );
    await assert.rejects(check(t, CONTENTS, text, trusting(forged)), refusedWith(/is wrong/));
  });

  test(`a ${kind} signature in which any bit of what is signed differs is not taken`, { skip }, async (t) => {
    const { key, sign } = signer(t);
    const lines = sign(CONTENTS, ...flags).split('\n');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 3), fc.nat(), fc.nat(7), async (line, place, bit) => {
        const bytes = Buffer.from(lines[line] ?? '', 'base64');
        const at = place % bytes.length;
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        const changed = lines.with(line, bytes.toString('base64')).join('\n');
        await assert.rejects(check(t, CONTENTS, changed, trusting(key)), refusedWith(/./));
      }),
    );
  });
}

test('the id of a key is the one that minisign shows', { skip }, async (t) => {
  const { key, comment } = signer(t);
  assert.match(key, /^RW[A-Za-z0-9+/]{54}$/, 'as the configuration takes it');
  assert.equal(comment, `untrusted comment: minisign public key ${parseKey(key)?.keyId}`);
});

test('a package without a signature is told as such, and refused where one is required', async (t) => {
  assert.deepEqual(await check(t, CONTENTS, null, trusting()), {
    signed_by: null,
    words: 'it is not signed: nothing proves who made it',
  });
  await assert.rejects(
    check(t, CONTENTS, null, { trusted_keys: [], require_signature: true }),
    refusedWith(/it is not signed/),
  );
});

test('what is no signature is not taken for none', async (t) => {
  for (const text of ['', 'untrusted comment: x\nRW\ntrusted comment: y\nx\n', '<html>404</html>', '\n\n\n\n'])
    await assert.rejects(check(t, CONTENTS, text, trusting()), refusedWith(/is no signature of minisign/), text);
  assert.equal(parseKey('RWQ'), undefined);
  fc.assert(fc.property(fc.string(), (text) => parseSignature(text) === undefined));
});
