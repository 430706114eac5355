/** Both framings, held to the protocol's vectors. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesOf, readVectors, type WireVector } from '../../test/vectors.ts';
import { decodeAsSpoken, decodeHeaders, decodeLines, encode, type Found, MESSAGE_LIMIT_BYTES } from '../src/framing.ts';

const decoders = { lines: decodeLines, headers: decodeHeaders };

for (const framing of ['lines', 'headers'] as const) {
  describe(`the SDK for TypeScript reads framing "${framing}"`, () => {
    for (const vector of readVectors<WireVector>(framing)) {
      it(`${vector.requirement} ${vector.name}`, () => {
        const whole = vector.chunks.map(bytesOf);
        const bytes = Buffer.concat(whole);
        const singly = bytes.length > 10_000 ? whole : [...bytes].map((byte) => Buffer.of(byte));
        for (const pieces of [whole, singly]) {
          const decoder = decoders[framing]();
          assert.deepEqual(pieces.flatMap((piece) => decoder.push(piece)).map(inTheVectorsWords), vector.expect);
        }
      });
    }
  });
}

describe('the framing that is spoken', () => {
  it('P-03 is taken from the first line, however it is cut', () => {
    const message = { jsonrpc: '2.0', id: 1, result: {} };
    for (const framing of ['lines', 'headers'] as const) {
      const decoder = decodeAsSpoken();
      const found = [...encode(message, framing)].flatMap((byte) => decoder.push(Buffer.of(byte)));
      assert.deepEqual(found, [{ message }]);
      assert.equal(decoder.framing(), framing);
    }
  });

  it('P-02 may end without a newline, as it is typed by hand', () => {
    const decoder = decodeAsSpoken();
    assert.deepEqual(decoder.push(Buffer.from('{"id":1}')), []);
    assert.deepEqual(decoder.end(), [{ message: { id: 1 } }]);
    assert.deepEqual(decodeAsSpoken().end(), []);
  });

  it('P-04 has no room for a message that is too large', () => {
    assert.throws(() => encode({ id: 1, result: 'x'.repeat(MESSAGE_LIMIT_BYTES) }, 'lines'), /at most 1048576 go/);
  });

  it('P-03 does not keep headers without an end', () => {
    const decoder = decodeHeaders();
    assert.deepEqual(decoder.push(Buffer.alloc(10_000, 'x')).map(inTheVectorsWords), [{ fault: 'junk' }]);
    assert.equal(decoder.push(encode({ id: 1 }, 'headers')).length, 1);
  });
});

function inTheVectorsWords(found: Found): object {
  if ('fault' in found) return { fault: found.fault };
  const bytes = Buffer.byteLength(JSON.stringify(found.message));
  return bytes > 1000 ? { bytes } : found;
}
