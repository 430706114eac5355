import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalize } from '../../src/rpc/leniency.ts';

const LENIENT: [name: string, message: object, expected: object][] = [
  ['no jsonrpc', { id: 1, result: 2 }, { jsonrpc: '2.0', id: 1, result: 2 }],
  [
    'an error that is text',
    { id: 1, error: 'broken' },
    { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'broken' } },
  ],
  [
    'a result that is an error',
    { id: 1, result: { error: 'broken' } },
    { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'broken' } },
  ],
  ['an error of null beside a result', { id: 1, result: 2, error: null }, { jsonrpc: '2.0', id: 1, result: 2 }],
  [
    'a whole error',
    { id: 1, error: { code: -32601, message: 'no' } },
    { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'no' } },
  ],
  [
    'an error without a code',
    { id: 1, error: { message: 'no' } },
    { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'no' } },
  ],
  [
    'a request',
    { id: 1, method: 'Host.Log', params: { error: 'text' } },
    { jsonrpc: '2.0', id: 1, method: 'Host.Log', params: { error: 'text' } },
  ],
  ['an answer that says nothing', { id: 1 }, { jsonrpc: '2.0', id: 1, result: null }],
  [
    'an error for a message that could not be read',
    { error: 'Expecting value', id: null },
    { jsonrpc: '2.0', id: null, error: { code: -32603, message: 'Expecting value' } },
  ],
  [
    'an error without an id',
    { error: 'Expecting value' },
    { jsonrpc: '2.0', id: null, error: { code: -32603, message: 'Expecting value' } },
  ],
  ['an error that is a number', { id: 1, error: 5 }, { jsonrpc: '2.0', id: 1, error: { code: -32603, message: '5' } }],
  ['an object that is no message', { level: 'info' }, { jsonrpc: '2.0', level: 'info' }],
  ['a result whose error is no text', { id: 1, result: { error: 5 } }, { jsonrpc: '2.0', id: 1, result: { error: 5 } }],
];

for (const [name, message, expected] of LENIENT) {
  test(`the small-plugin dialect: ${name}`, () => assert.deepEqual(normalize(message), expected));
}
