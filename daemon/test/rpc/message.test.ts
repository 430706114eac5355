import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRpcConnection } from '../../src/rpc/connection.ts';
import { kindOf, type MessageKind } from '../../src/rpc/message.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const KINDS: [MessageKind, object][] = [
  ['request', { id: 1, method: 'a' }],
  ['request', { id: 'x', method: 'a', params: 'text' }],
  ['notification', { method: 'a' }],
  ['notification', { method: 'a', id: null }],
  ['notification', { method: '$/cancelRequest', params: { id: 0 } }],
  ['answer', { id: 1, result: null }],
  ['answer', { id: null, error: {} }],
  ['junk', { result: 1 }],
  ['junk', { id: 1 }],
  ['junk', { level: 'info', message: 'a log line' }],
  ['junk', { id: {}, method: 'a' }],
  ['junk', { id: 1, method: 5 }],
  ['junk', { method: '$/cancelRequest' }],
  ['junk', { method: '$/cancelRequest', params: null }],
  ['junk', { method: '$/cancelRequest', params: { id: {} } }],
];

for (const [kind, message] of KINDS) {
  test(`${JSON.stringify(message)} is: ${kind}`, () => assert.equal(kindOf(message), kind));
}

const anyId = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null), fc.string(), fc.object({ maxDepth: 0 }));
const anyMethod = fc.oneof(
  fc.constantFrom('$/cancelRequest', '$/progress', '$/setTrace', '$/logTrace', 'Host.Log', '__proto__', ''),
  fc.integer(),
);
const anyMessage = fc.record(
  {
    jsonrpc: fc.oneof(fc.constant('2.0'), fc.integer()),
    id: anyId,
    method: anyMethod,
    params: fc.jsonValue({ maxDepth: 1 }),
    result: fc.jsonValue({ maxDepth: 1 }),
    error: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: [] },
);

test('whatever the other side sends, the connection lives on and still asks and hears', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', note);
  const run = async (messages: readonly object[], lenient: boolean) => {
    const toUs = new PassThrough();
    const fromUs = new PassThrough();
    const connection = createRpcConnection(toUs, fromUs, { framing: 'lines', lenient, clock: createFakeClock() });
    for (const message of messages) toUs.write(`${JSON.stringify(message)}\n`);
    await new Promise(setImmediate);
    fromUs.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) {
        const { id, method } = JSON.parse(line) as { id?: unknown; method?: string };
        if (method === 'ping') toUs.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: 'pong' })}\n`);
      }
    });
    assert.equal(await connection.request('ping', {}, 1000), 'pong');
    connection.close();
  };
  try {
    await fc.assert(fc.asyncProperty(fc.array(anyMessage, { maxLength: 6 }), fc.boolean(), run));
  } finally {
    process.off('uncaughtException', note);
  }
  assert.deepEqual(uncaught, []);
});
