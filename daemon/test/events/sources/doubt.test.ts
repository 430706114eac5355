import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDoubt } from '../../../src/events/sources/doubt.ts';

test('what one answer does not have is asked for again soon, what two in a row do not have is gone', () => {
  const doubt = createDoubt(() => 30_000);
  const asks = (...missed: string[]) => [[...doubt.asksAgain(missed)], doubt.intervalMs()];
  assert.deepEqual(asks('a'), [['a'], 2_000]);
  assert.deepEqual(asks('b'), [['b'], 2_000], 'each by itself');
  assert.deepEqual(asks('b'), [[], 30_000]);
  assert.deepEqual(asks('b'), [['b'], 2_000], 'told again since');
  assert.deepEqual(asks(), [[], 30_000]);
  assert.equal(createDoubt(() => 1_000).intervalMs(), 1_000);
});
