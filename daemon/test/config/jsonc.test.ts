import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDocument } from '../../src/config/jsonc.ts';

const documentOf = (text: string) => {
  const parsed = parseDocument(text);
  assert.ok('document' in parsed, JSON.stringify(parsed));
  return parsed.document;
};
const faultOf = (text: string) => {
  const parsed = parseDocument(text);
  return 'fault' in parsed ? `${parsed.fault.place}: ${parsed.fault.message}` : 'valid';
};

test('the invisible mark that some editors put first is no fault, and shifts no place', () => {
  const document = documentOf('\uFEFF{"a": 1}');
  assert.deepEqual([plain(document.value), document.placeOf('a')], [{ a: 1 }, '1:2']);
  assert.equal(faultOf('\uFEFF{"a" 1}'), '1:6: expected a colon after the key, found "1"');
});

test('a value is found behind keys that have dots themselves, in lists, and as near as possible where it is not', () => {
  const { placeOf } = documentOf(
    '{\n  "events": {\n    "cloud.spot.interrupt": {"priority": 1},\n    "list": [\n      {"x": 1}\n    ]\n  }\n}',
  );
  assert.equal(placeOf('events.cloud.spot.interrupt.priority'), '3:30');
  assert.equal(placeOf('events.cloud.spot.interrupt.mode'), '3:5');
  assert.equal(placeOf('events.list.0.x'), '5:8');
  assert.equal(placeOf('events.list.7.x'), '4:5');
  assert.equal(placeOf('nothing.here'), '1:1');
});

test('a key that stands twice is told with both places, wherever it is', () => {
  assert.equal(faultOf('{\n  "a": 1,\n  "b": [{"c": 1, "c": 2}]\n}'), '3:18: c: the same key stands at 3:10 already');
  assert.equal(faultOf('{"a": {"x": 1}, "b": {"x": 1}}'), 'valid');
});

for (const [text, expected] of [
  ['{naptime: 5}', '1:2: expected a key in double quotes, found "naptime"'],
  ["{'naptime': 5}", '1:2: expected a key in double quotes, found "\'naptime\'"'],
  ['{"a": [1}', '1:9: expected a comma or the other closing bracket, found "}"'],
  ['{"a": "b\tc"}', '1:7: expected a text without tabs and control characters, found "\\"b\\tc\\""'],
  ['{"a": "\\x"}', '1:7: expected an escape such as \\\\ or \\n after each backslash, found "\\"\\\\x\\""'],
  ['{"a": "\\u12"}', '1:7: expected four hexadecimal digits after \\u, found "\\"\\\\u12\\""'],
  ['{"a": 1.}', '1:7: expected digits after the point, found "1."'],
  ['{"a": "b', '1:7: expected a closing double quote, found "\\"b"'],
  ['{} /* and', '1:4: expected the end of the comment, found "/* and"'],
  ['{"a": True}', '1:7: expected a JSON value, found "True"'],
] as const) {
  test(`${text} is told: ${expected}`, () => assert.equal(faultOf(text), expected));
}

test('whatever JSON can hold is read as it is', () => {
  return fc.assert(
    fc.property(fc.json(), (text) => assert.deepEqual(plain(documentOf(text).value), plain(JSON.parse(text)))),
  );
});

/** Without prototypes, without `__proto__`, and with the zero that JSON cannot tell from its opposite. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === '__proto__' ? undefined : item)));
}
