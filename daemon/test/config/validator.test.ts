import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createValidator, type Schema, show } from '../../src/config/validator.ts';

const faultsOf = (schema: Schema, value: unknown) =>
  createValidator(schema)(value).map(({ path, message }) => `${path}: ${message}`);

test('where each branch of a choice wants another type, all of them are named in one line', () => {
  const schema = { properties: { a: { anyOf: [{ type: 'string' }, { type: 'boolean' }, { type: 'array' }] } } };
  assert.deepEqual(faultsOf(schema, { a: 5 }), ['a: expected text or true or false or a list, found 5']);
});

test('a choice whose branches want the same type tells what the first one misses', () => {
  const schema = { properties: { a: { anyOf: [{ type: 'number', minimum: 5 }, { const: 0 }] } } };
  assert.deepEqual(faultsOf(schema, { a: 3 }), ['a: expected a number of at least 5, found 3']);
});

test('a name that is not allowed is told at its own place, in the words of the schema', () => {
  const propertyNames = { pattern: '^[a-z]+$', description: 'a name of small letters' };
  assert.deepEqual(faultsOf({ properties: { a: { propertyNames } } }, { a: { X1: 1 } }), [
    'a.X1: expected a name of small letters, found "X1"',
  ]);
});

test('a number too large to be one is no number, and is shown as what it is', () => {
  const schema = { properties: { a: { type: ['number', 'null'] } } };
  assert.deepEqual(faultsOf(schema, JSON.parse('{"a": 1e999}')), ['a: expected a number or null, found Infinity']);
});

test('limits are told in words, one thing as one thing', () => {
  const schema = {
    properties: {
      text: { maxLength: 1 },
      list: { minItems: 1 },
      long: { maxItems: 2 },
      step: { multipleOf: 5 },
      twice: { uniqueItems: true },
    },
  };
  assert.deepEqual(faultsOf(schema, { text: 'ab', list: [], long: [1, 2, 3], step: 7, twice: [1, 1] }), [
    'text: expected at most 1 character, found "ab"',
    'list: expected at least 1 entry, found []',
    'long: expected at most 2 entries, found [1,2,3]',
    'step: expected a multiple of 5, found 7',
    'twice: expected no entry twice, found [1,1]',
  ]);
});

test('a long value is cut where it is shown', () => {
  assert.equal(show('x'.repeat(100)).length, 58);
  assert.equal(show(undefined), 'nothing');
});
