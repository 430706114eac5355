import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createDecoder, encodeMessage } from '../../src/rpc/framing.ts';
import type { Framing, WireFault } from '../../src/rpc/rpc.ts';

const FRAMINGS: readonly Framing[] = ['lines', 'headers'];

/** Decodes the bytes in pieces of the given sizes. */
function decode(framing: Framing, bytes: Buffer, { sizes = [bytes.length || 1], limitBytes = 1000 } = {}) {
  const messages: unknown[] = [];
  const faults: WireFault[] = [];
  const decoder = createDecoder(framing, {
    limitBytes,
    onMessage: (message) => messages.push(message),
    onFault: (fault) => faults.push(fault),
  });
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    decoder.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { messages, faults: faults.map(({ kind }) => kind) };
}

for (const framing of FRAMINGS) {
  test(`${framing}: messages come out as they went in, however the bytes are cut`, () => {
    const message = fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean()),
    );
    return fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (messages, sizes) => {
          const bytes = Buffer.concat(messages.map((one) => encodeMessage(framing, one)));
          const { messages: decoded, faults } = decode(framing, bytes, { sizes, limitBytes: 100_000 });
          assert.deepEqual(decoded, JSON.parse(JSON.stringify(messages)));
          assert.deepEqual(faults, []);
        },
      ),
    );
  });

  test(`${framing}: what is not a message is told and the stream goes on`, () => {
    const good = encodeMessage(framing, { id: 1 });
    const junk =
      framing === 'lines'
        ? Buffer.from('Traceback (most recent call last):\n[1]\n')
        : Buffer.from('Content-Length: 3\r\n\r\n[1]Nonsense: 1\r\n\r\n');
    const { messages, faults } = decode(framing, Buffer.concat([good, junk, good]));
    assert.deepEqual(messages, [{ id: 1 }, { id: 1 }]);
    assert.deepEqual(faults, ['junk', 'junk']);
  });

  test(`${framing}: a message over the limit is told once, costs no memory, and the next one is read`, () => {
    const huge = encodeMessage(framing, { text: 'x'.repeat(5000) });
    const { messages, faults } = decode(framing, Buffer.concat([huge, encodeMessage(framing, { id: 2 })]), {
      sizes: [7],
    });
    assert.deepEqual(messages, [{ id: 2 }]);
    assert.deepEqual(faults, ['too-large']);
  });

  test(`${framing}: a message of exactly the limit is read`, () => {
    const message = { text: '' };
    message.text = 'x'.repeat(1000 - JSON.stringify(message).length);
    assert.deepEqual(decode(framing, encodeMessage(framing, message)), { messages: [message], faults: [] });
  });
}

test('lines: the carriage return does not count, one byte more does', () => {
  const line = (bytes: number) => Buffer.from(`{"a":"${'x'.repeat(bytes - 8)}"}\r\n`);
  assert.deepEqual(decode('lines', line(1000)).faults, []);
  assert.equal(decode('lines', line(1000), { sizes: [1] }).messages.length, 1);
  assert.deepEqual(decode('lines', line(1001)), { messages: [], faults: ['too-large'] });
  assert.deepEqual(decode('lines', Buffer.from(`{"a":"${'x'.repeat(993)}"}\n`)).faults, ['too-large']);
});

test('lines: 50 MB without a newline are told once and cost no memory', () => {
  const faults: WireFault[] = [];
  const messages: unknown[] = [];
  const decoder = createDecoder('lines', {
    onMessage: (one) => messages.push(one),
    onFault: (one) => faults.push(one),
  });
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const before = process.memoryUsage().rss;
  for (let sent = 0; sent < 50_000_000; sent += chunk.length) decoder.push(chunk);
  assert.ok(process.memoryUsage().rss - before < 10_000_000);
  decoder.push(Buffer.from('\n{"id":1}\n'));
  assert.deepEqual([faults.map(({ kind }) => kind), messages], [['too-large'], [{ id: 1 }]]);
});

test('what is nested too deep is junk, and brackets in strings are not nested', () => {
  const limitBytes = 100_000;
  const nested = (levels: number) => Buffer.from(`{"id":1,"result":${'['.repeat(levels)}${']'.repeat(levels)}}\n`);
  assert.deepEqual(decode('lines', nested(499), { limitBytes }).faults, []);
  assert.deepEqual(decode('lines', nested(500), { limitBytes }), { messages: [], faults: ['junk'] });
  const text = { a: `${'[{'.repeat(2000)}\\`, b: `\\"${'{'.repeat(2000)}`, c: [] };
  assert.deepEqual(decode('lines', Buffer.from(`${JSON.stringify(text)}\n`), { limitBytes }).messages, [text]);
});

test('a fault shows what was found, shortened', () => {
  const faults: WireFault[] = [];
  const decoder = createDecoder('lines', { onMessage: () => {}, onFault: (fault) => faults.push(fault) });
  decoder.push(Buffer.from(`${'é'.repeat(500)}\n`));
  assert.equal(faults[0]?.message, `not a message: "${'é'.repeat(120)}…"`);
});

test('headers: a body that is split inside its header, of no length, or after junk lines', () => {
  const bytes = Buffer.from(
    'starting up\nContent-Length: 8\r\n\r\n{"id":1}Content-Length: 0\r\n\r\nContent-Length: 8\r\n\r\n{"id":2}',
  );
  for (const sizes of [[1], [20, 3], [1000]])
    assert.deepEqual(decode('headers', bytes, { sizes }), { messages: [{ id: 1 }, { id: 2 }], faults: [] });
});

test('lines: empty lines and carriage returns are nothing', () => {
  assert.deepEqual(decode('lines', Buffer.from('\r\n\n{"id":1}\r\n  \n')), { messages: [{ id: 1 }], faults: [] });
});

test('headers: the name counts in any case, other headers do not matter', () => {
  const body = '{"id":1}';
  const bytes = Buffer.from(`Content-Type: application/json\r\ncontent-length:${body.length}\r\n\r\n${body}`);
  assert.deepEqual(decode('headers', bytes, { sizes: [3] }).messages, [{ id: 1 }]);
});

test('headers: a stream that never sends a header is told and bounded', () => {
  const { messages, faults } = decode('headers', Buffer.alloc(100_000, 'y'));
  assert.deepEqual(messages, []);
  assert.ok(faults.length > 0 && faults.length < 50, `${faults.length} faults`);
});
