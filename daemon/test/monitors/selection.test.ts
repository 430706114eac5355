import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSelection } from '../../src/monitors/selection.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test('/sys is asked again when a device comes, goes or is renamed, and every ten minutes', async () => {
  const clock = createFakeClock();
  let asked = 0;
  const select = createSelection(clock, (names) => {
    asked++;
    return new Set(names.filter((name) => name.startsWith('e')));
  });
  const after = (names: string[]) => [[...select(names)], asked];
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 1]);
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 1]);
  assert.deepEqual(after(['lo', 'eth0', 'eth1']), [['eth0', 'eth1'], 2]);
  assert.deepEqual(after(['lo', 'eth0', 'ens5']), [['eth0', 'ens5'], 3]);
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 4]);
  await clock.advance(599_000);
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 4]);
  await clock.advance(1_000);
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 5]);
});
