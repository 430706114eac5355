/** The daemon's side of the wire, held to the protocol's vectors. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDecoder } from '../../daemon/src/rpc/framing.ts';
import { normalize } from '../../daemon/src/rpc/leniency.ts';
import { type AnswerVector, bytesOf, readVectors, type WireVector } from './vectors.ts';

for (const framing of ['lines', 'headers'] as const) {
  describe(`the host reads framing "${framing}"`, () => {
    for (const vector of readVectors<WireVector>(framing)) {
      it(`${vector.requirement} ${vector.name}`, () => {
        const got: unknown[] = [];
        const decoder = createDecoder(framing, {
          onMessage: (message) => got.push({ message }),
          onFault: (fault) => got.push({ fault: fault.kind }),
        });
        for (const piece of vector.chunks) decoder.push(bytesOf(piece));
        assert.deepEqual(got.map(shortened), vector.expect.map(shortened));
      });
    }
  });
}

describe('the host understands an answer', () => {
  for (const vector of readVectors<AnswerVector>('answers')) {
    it(`${vector.requirement} ${vector.name}`, () => {
      const strict = normalize(vector.message) as Record<string, unknown>;
      assert.equal(strict['jsonrpc'], '2.0');
      assert.equal(strict['id'], 1);
      if ('result' in vector.meaning) {
        assert.deepEqual(strict['result'], vector.meaning.result);
        assert.ok(!('error' in strict), 'no error');
        return;
      }
      const error = strict['error'] as { code: number; message: string };
      assert.equal(error.message, vector.meaning.error);
      assert.ok(Number.isInteger(error.code));
      assert.equal(error.code, vector.meaning.code ?? error.code);
      assert.ok(!('result' in strict), 'no result beside the error');
    });
  }
});

/** A message of a mebibyte is compared by its size, in the vector's own words. */
function shortened(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || !('message' in entry)) return entry;
  const bytes = Buffer.byteLength(JSON.stringify(entry.message));
  return bytes > 1000 ? { bytes } : entry;
}
